import { encodeValue } from '../../protocol/json.ts'
import { attempt } from '../../runtime/maybe-promise.ts'
import type { Undo } from '../../runtime/runtime.ts'
import type { HubContext } from '../context.ts'
import { nodeChannel } from '../nodes/node-channels.ts'
import {
  encodeNodeMessage,
  type NamedSession,
  type NodeAnswer,
  type NodeAsk,
  type NodeOutcome,
} from '../nodes/node-messages.ts'
import type { Session } from '../sessions/session.ts'
import type { SessionRegistry } from '../sessions/session-registry.ts'
import { type AskOutcome, LocalAsk } from './local-ask.ts'

/** Asks of other nodes that are under way at the same time. Further asks are not answered. */
const maxAsks = 10_000
/** Ids of asks that are remembered, so that an ask that arrives twice is done once. */
const rememberedIds = 10_000
/** Sessions that are named in one text. */
const namesPerText = 500
/** Size of the outcomes above which they are sent before the end of the turn, in bytes. */
const outcomeBytes = 65_536
/** Longest time for which an ask of another node waits. */
const longestTime = 3_600_000

/** An ask of another node, put to the sessions of this node. */
class RemoteAsk {
  readonly #context: HubContext
  readonly #ask: NodeAsk
  readonly #local: LocalAsk
  readonly #onEnd: () => void
  readonly #cancel: Undo
  #outcomes: NodeOutcome[] = []
  #bytes = 0
  #ended = false

  constructor(context: HubContext, sessions: SessionRegistry, ask: NodeAsk, onEnd: () => void) {
    this.#context = context
    this.#ask = ask
    this.#onEnd = onEnd
    this.#local = new LocalAsk(sessions, ask.address)
    this.#cancel = context.runtime.timer(Math.min(ask.time, longestTime), () => this.end(), 'upkeep')
  }

  /** Says which sessions are asked, and asks them. */
  start(): void {
    const names = this.#local.sessions.map(({ id, userId }): NamedSession => [id, userId])
    for (let i = 0; i === 0 || i < names.length; i += namesPerText)
      this.#answer({ asked: names.slice(i, i + namesPerText), outcomes: [] })
    const { event, data, meta } = this.#ask
    if (event === null || names.length === 0) return this.end()
    this.#local.start({ event, data, meta }, (session, outcome) => this.#note(session, outcome))
  }

  /** Stops waiting. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#local.stop()
    this.#cancel()
    this.#onEnd()
  }

  /** Keeps an outcome for the text at the end of the turn. */
  #note({ id, userId }: Session, outcome: AskOutcome): void {
    const encoded = encodeOutcome(id, userId, outcome)
    if (this.#outcomes.push(encoded) === 1) this.#context.runtime.defer(() => this.#flush())
    this.#bytes += 'answer' in encoded ? encoded.answer.length : 0
    if (this.#bytes > outcomeBytes || this.#local.settled) this.#flush()
    if (this.#local.settled) this.end()
  }

  #flush(): void {
    if (this.#ended || this.#outcomes.length === 0) return
    const outcomes = this.#outcomes
    this.#outcomes = []
    this.#bytes = 0
    this.#answer({ asked: [], outcomes })
  }

  #answer(said: Pick<NodeAnswer, 'asked' | 'outcomes'>): void {
    const { backplane, id: by } = this.#context
    const count = this.#local.sessions.length
    const text = encodeNodeMessage({ type: 'answer', id: this.#ask.id, by, count, ...said })
    attempt(
      () => backplane.publish(nodeChannel(this.#ask.by), text),
      () => {},
      // The asking node learns of a lost answer at the end of its time.
      (error) => this.#context.reportBackplane(error, this.#ask.address),
    )
  }
}

/** The asks of other nodes to the sessions of this node (P-ND-2). */
export class RemoteAsks {
  readonly #context: HubContext
  readonly #sessions: SessionRegistry
  readonly #asks = new Map<string, RemoteAsk>()
  /** Ids that were done or stopped, oldest first. */
  readonly #done = new Set<string>()

  constructor(context: HubContext, sessions: SessionRegistry) {
    this.#context = context
    this.#sessions = sessions
  }

  /** Does an ask, once for each id. */
  take(ask: NodeAsk): void {
    if (ask.by === this.#context.id || this.#done.has(ask.id) || this.#asks.size >= maxAsks) return
    this.#remember(ask.id)
    const remote = new RemoteAsk(this.#context, this.#sessions, ask, () => this.#asks.delete(ask.id))
    this.#asks.set(ask.id, remote)
    remote.start()
  }

  /** Stops an ask: its node waits no more. An ask that arrives after its stop is not done. */
  stop(id: string): void {
    this.#remember(id)
    this.#asks.get(id)?.end()
  }

  /** Stops all asks. */
  close(): void {
    for (const remote of this.#asks.values()) remote.end()
  }

  #remember(id: string): void {
    this.#done.add(id)
    if (this.#done.size <= rememberedIds) return
    const [oldest] = this.#done
    if (oldest !== undefined) this.#done.delete(oldest)
  }
}

function encodeOutcome(session: string, user: string, outcome: AskOutcome): NodeOutcome {
  if ('answer' in outcome) return { session, user, answer: encodeValue(outcome.answer) }
  const { code, message } = outcome.error
  return { session, user, error: { code, message } }
}
