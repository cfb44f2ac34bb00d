import type { MaybePromise } from '@chat/core'
import type {
  Backplane,
  EnteringSession,
  PresenceHint,
  PresenceLease,
  PresencePage,
  PresenceRevision,
  PresentSession,
} from '@chat/core/backplane'
import { holds, same } from '../check.ts'
import type { Cluster } from './cluster.ts'

/** Parts of an entering session that a case chooses. */
export interface EnteringOptions extends Partial<Omit<PresentSession, 'state'>> {
  readonly session: string
  /** Value whose JSON text is the state. Default: no state. */
  readonly state?: unknown
  /** State as JSON text, in place of `state`. */
  readonly json?: string
}

/** Duration of the leases in cases in which a lease runs out, in milliseconds. */
export const leaseTime = 60_000
/**
 * Duration of the leases in all other cases, in milliseconds: no lease runs out, also where a harness divides
 * durations and a store is slow.
 */
export const longLease = 1_200_000

/** The presence of a room in a case. Each answer is checked against the previous answer. */
export class CheckedPresence {
  /** Revisions of all answers, in the order of the calls. */
  readonly revisions: number[] = []
  readonly #cluster: Cluster
  readonly #room: string
  readonly #ttl: number
  #epoch: string | null = null

  /** `ttl` is the duration of the lease that each enter gives. */
  constructor(cluster: Cluster, room = '#room', ttl: number = longLease) {
    this.#cluster = cluster
    this.#room = room
    this.#ttl = ttl
  }

  /** Epoch and revision of the last answer. */
  get lastRevision(): PresenceRevision {
    return { epoch: this.#epoch ?? '', revision: this.revisions.at(-1) ?? 0 }
  }

  /**
   * Returns a session as the store must record it. The parts that the case does not choose default to
   * constants.
   */
  recordOf({
    session,
    user = 'alice',
    generation = 1,
    node = 'node1',
    state = null,
    json = JSON.stringify(state),
  }: EnteringOptions): PresentSession {
    return { session, user, state: json, generation, node }
  }

  /** Enters a session, and waits for the answer. */
  enter(entering: EnteringOptions, node?: Backplane): Promise<PresencePage> {
    return this.enterAll([entering], node)
  }

  /** Enters several sessions in a single call, and waits for the answer. */
  async enterAll(entering: readonly EnteringOptions[], node?: Backplane): Promise<PresencePage> {
    return this.#checkRevision(
      await this.#cluster.awaitAnswer('an enter is answered', this.startEnter(entering, node)),
    )
  }

  /** Renews the lease of a node. */
  renewLease(node: string, ttl: number = this.#ttl): Promise<void> {
    const { a } = this.#cluster
    return this.#cluster.awaitAnswer('a lease is answered', a.presence.lease(node, { ttl, keep: 0 }))
  }

  /** Calls `enter` without a wait for the answer. */
  startEnter(
    entering: readonly EnteringOptions[],
    node: Backplane = this.#cluster.a,
    lease: PresenceLease = { ttl: this.#ttl, keep: 0 },
  ): MaybePromise<PresencePage> {
    const sessions = entering.map((each): EnteringSession => {
      const { state, ...rest } = this.recordOf(each)
      return each.state === undefined && each.json === undefined ? rest : { ...rest, state }
    })
    return node.presence.enter(this.#room, sessions, lease)
  }

  /** Makes a session leave, and waits for the answer. */
  async leave(
    session: string,
    options: { generation?: number; keep?: number; node?: Backplane } = {},
  ): Promise<PresenceRevision> {
    const { generation = 1, keep = 0, node = this.#cluster.a } = options
    const pending = node.presence.leave(this.#room, session, generation, keep)
    return this.#checkRevision(await this.#cluster.awaitAnswer('a leave is answered', pending))
  }

  /** Reads the members; `null` when they have not changed since the `known` revision. */
  readMembers(
    known: PresenceRevision | null,
    node: Backplane = this.#cluster.b,
  ): Promise<PresencePage | null> {
    return this.#cluster.awaitAnswer('members are answered', node.presence.members(this.#room, known))
  }

  /** Reads all members. */
  async readPage(node?: Backplane): Promise<PresencePage> {
    const page = await this.readMembers(null, node)
    holds(page !== null, 'a call without a known revision was answered with null')
    return page
  }

  /** Reads the sessions of all members, sorted. */
  async readSessions(): Promise<string[]> {
    return (await this.readPage()).members.map(({ session }) => session).sort()
  }

  /** Reads the state of a session as JSON text; `undefined` for an absent session. */
  async readStateText(session: string): Promise<string | undefined> {
    return (await this.readPage()).members.find((member) => member.session === session)?.state
  }

  /** Reads the state of a session as a value; `undefined` for an absent session. */
  async readState(session: string): Promise<unknown> {
    const text = await this.readStateText(session)
    return text === undefined ? undefined : JSON.parse(text)
  }

  /** Collects the hints of the room on a node. */
  collectHints(node: Backplane = this.#cluster.b): { hints: PresenceHint[]; undo(): void } {
    const hints: PresenceHint[] = []
    return { hints, undo: node.presence.watch(this.#room, (hint) => hints.push(hint)) }
  }

  /** Changes the state of a session until `check` returns `true`, because a hint may be lost. */
  enterUntil(what: string, check: () => boolean): Promise<void> {
    return this.#cluster.until(what, async () => {
      if (check()) return true
      await this.enter({ session: 'heard', state: this.revisions.length })
      return this.#cluster.soon(check)
    })
  }

  /** Checks that revisions never decrease, and records the answer. */
  #checkRevision<T extends PresenceRevision>(answer: T): T {
    const { epoch, revision } = answer
    const { lastRevision } = this
    if (this.#epoch !== null) same(epoch, lastRevision.epoch, 'the epoch')
    holds(revision >= lastRevision.revision, `the revision ${revision} comes behind ${lastRevision.revision}`)
    holds(Number.isSafeInteger(revision), `the revision ${revision} is not a safe integer`)
    this.#epoch = epoch
    this.revisions.push(revision)
    return answer
  }
}
