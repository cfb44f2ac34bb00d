import type { ChatError } from '../../vocabulary/errors.ts'
import type { AskResults, ConnectedSession } from './hub-target.ts'
import type { AskOutcome } from './local-ask.ts'

/** Sessions that a poll names, so that hostile texts between nodes cannot fill the memory. */
const maxSessions = 100_000

/** A session that one or, while it moves, two nodes ask. */
interface AskedSession {
  readonly session: string
  readonly user: string
  /** The node that named it last. */
  node: string
  /** The nodes whose outcome is missing. */
  readonly open: string[]
  /** The nodes whose outcome has come. */
  readonly told: string[]
  outcome: AskOutcome | null
}

/** The point at which a poll is complete: all sessions are named, one has answered, or all have. */
export type PollGoal = 'names' | 'first' | 'all'

/**
 * Collects the sessions of an address that the nodes ask, and their outcomes (P-ND-2). It sends nothing, and
 * knows no time.
 */
export class AskPoll {
  readonly #goal: PollGoal
  /** The nodes that were asked, whose list of sessions is not complete. */
  readonly #silent: Set<string>
  /** The number of sessions that each node has named. */
  readonly #named = new Map<string, number>()
  readonly #sessions = new Map<string, AskedSession>()
  /** Number of sessions without an answer or refusal that are still waited for. */
  #open = 0
  #answered = false

  /** @param nodes - The nodes that are asked. */
  constructor(nodes: readonly string[], goal: PollGoal) {
    this.#silent = new Set(nodes)
    this.#goal = goal
  }

  /** True when nothing is waited for. */
  get complete(): boolean {
    if (this.#goal === 'first' && this.#answered) return true
    return this.#silent.size === 0 && (this.#goal === 'names' || this.#open === 0)
  }

  /** The nodes that have not told all their sessions. */
  get unreachable(): readonly string[] {
    return [...this.#silent]
  }

  /** The nodes that still wait for a session, or may be about to ask one. */
  get waiting(): ReadonlySet<string> {
    const nodes = new Set(this.#silent)
    for (const { open } of this.#sessions.values()) for (const node of open) nodes.add(node)
    return nodes
  }

  /** The sessions that were named, each once. */
  get connected(): readonly ConnectedSession[] {
    return [...this.#sessions.values()].map(({ session, user, node }) => ({ session, user, node }))
  }

  /** The outcomes so far. A session without an outcome counts as timed out. */
  get results(): AskResults<unknown> {
    const replies: { session: string; user: string; answer: unknown }[] = []
    const refused: { session: string; user: string; error: ChatError }[] = []
    const timedOut: { session: string; user: string }[] = []
    for (const { session, user, outcome } of this.#sessions.values())
      if (outcome === null) timedOut.push({ session, user })
      else if ('answer' in outcome) replies.push({ session, user, answer: outcome.answer })
      else refused.push({ session, user, error: outcome.error })
    return { replies, refused, timedOut, unreachable: this.unreachable }
  }

  /** Notes that a node asks a session. A node that says it again changes nothing. */
  name(node: string, session: string, user: string): void {
    const known = this.#sessions.get(session)
    if (known === undefined) {
      if (this.#sessions.size >= maxSessions) return
      this.#sessions.set(session, { session, user, node, open: [node], told: [], outcome: null })
      this.#open++
    } else {
      if (known.open.includes(node) || known.told.includes(node)) return
      if (!isWaitedFor(known) && !isSettled(known)) this.#open++
      known.open.push(node)
      known.node = node
    }
    this.#named.set(node, (this.#named.get(node) ?? 0) + 1)
  }

  /** Notes how many sessions a node asks in all. */
  count(node: string, count: number): void {
    if ((this.#named.get(node) ?? 0) >= count) this.#silent.delete(node)
  }

  /**
   * Notes the outcome at a session that the node has named. The first answer or refusal of the session stands;
   * the end of a connection does not outweigh it.
   */
  settle(node: string, session: string, outcome: AskOutcome): void {
    const asked = this.#sessions.get(session)
    const at = asked?.open.indexOf(node) ?? -1
    if (asked === undefined || at < 0) return
    const before = isWaitedFor(asked)
    asked.open.splice(at, 1)
    asked.told.push(node)
    if (!isSettled(asked)) asked.outcome = outcome
    if (before && !isWaitedFor(asked)) this.#open--
    if (asked.outcome !== null && 'answer' in asked.outcome) this.#answered = true
  }
}

const isSettled = ({ outcome }: AskedSession): boolean =>
  outcome !== null && ('answer' in outcome || outcome.error.code !== 'uncertain')

const isWaitedFor = (asked: AskedSession): boolean => asked.open.length > 0 && !isSettled(asked)
