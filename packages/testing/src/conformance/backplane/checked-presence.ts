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

/** A session that enters, as far as a case cares. */
export type EnteringOptions = Partial<PresentSession> & Pick<PresentSession, 'session'>

/** How long the leases of nodes last where a case does not care. */
export const leaseTime = 30_000

/** One room's presence in a case: what was done to it, with each answer checked against the one before. */
export class CheckedPresence {
  /** Every revision that was answered, in the order in which they were asked for. */
  readonly revisions: number[] = []
  readonly #cluster: Cluster
  readonly #room: string
  #epoch: string | null = null

  constructor(cluster: Cluster, room = '#room') {
    this.#cluster = cluster
    this.#room = room
  }

  /** What was answered last. */
  get lastRevision(): PresenceRevision {
    return { epoch: this.#epoch ?? '', revision: this.revisions.at(-1) ?? 0 }
  }

  /** A record as the store must have it; what is not given is the same for all. */
  recordOf({
    session,
    user = 'alice',
    generation = 1,
    node = 'node1',
    state = null,
  }: EnteringOptions): PresentSession {
    return { session, user, state, generation, node }
  }

  enter(entering: EnteringOptions, node?: Backplane): Promise<PresencePage> {
    return this.enterAll([entering], node)
  }

  async enterAll(entering: readonly EnteringOptions[], node?: Backplane): Promise<PresencePage> {
    return this.#grown(
      await this.#cluster.awaitAnswer('an enter is answered', this.startEnter(entering, node)),
    )
  }

  /** Calls enter, and does not wait. */
  startEnter(
    entering: readonly EnteringOptions[],
    node: Backplane = this.#cluster.a,
    lease: PresenceLease = { ttl: leaseTime, keep: 0 },
  ): MaybePromise<PresencePage> {
    const sessions = entering.map((one): EnteringSession => {
      const { state, ...rest } = this.recordOf(one)
      return one.state === undefined ? rest : { ...rest, state }
    })
    return node.presence.enter(this.#room, sessions, lease)
  }

  async leave(
    session: string,
    options: { generation?: number; keep?: number; node?: Backplane } = {},
  ): Promise<PresenceRevision> {
    const { generation = 1, keep = 0, node = this.#cluster.a } = options
    const pending = node.presence.leave(this.#room, session, generation, keep)
    return this.#grown(await this.#cluster.awaitAnswer('a leave is answered', pending))
  }

  readMembers(
    known: PresenceRevision | null,
    node: Backplane = this.#cluster.b,
  ): Promise<PresencePage | null> {
    return this.#cluster.awaitAnswer('members are answered', node.presence.members(this.#room, known))
  }

  /** Who is here. */
  async readPage(node?: Backplane): Promise<PresencePage> {
    const page = await this.readMembers(null, node)
    holds(page !== null, 'one that knows nothing was answered that nothing has changed')
    return page
  }

  async readSessions(): Promise<string[]> {
    return (await this.readPage()).members.map(({ session }) => session).sort()
  }

  async readState(session: string): Promise<unknown> {
    return (await this.readPage()).members.find((member) => member.session === session)?.state
  }

  collectHints(node: Backplane = this.#cluster.b): { hints: PresenceHint[]; undo(): void } {
    const hints: PresenceHint[] = []
    return { hints, undo: node.presence.watch(this.#room, (hint) => hints.push(hint)) }
  }

  /** Changes the state of a session until it is heard of: a hint may be lost. */
  enterUntil(what: string, check: () => boolean): Promise<void> {
    return this.#cluster.until(what, async () => {
      if (check()) return true
      await this.enter({ session: 'heard', state: this.revisions.length })
      await this.#cluster.untilStable(() => check())
      return check()
    })
  }

  /** Revisions of an epoch never go back. */
  #grown<T extends PresenceRevision>(answer: T): T {
    const { epoch, revision } = answer
    const { lastRevision } = this
    if (this.#epoch !== null) same(epoch, lastRevision.epoch, 'the epoch')
    holds(revision >= lastRevision.revision, `the revision ${revision} comes behind ${lastRevision.revision}`)
    holds(Number.isSafeInteger(revision), `the revision ${revision} is no safe integer`)
    this.#epoch = epoch
    this.revisions.push(revision)
    return answer
  }
}
