import { attempt } from '../../runtime/maybe-promise.ts'
import type { Undo } from '../../runtime/runtime.ts'
import { onAbort } from '../../runtime/signal.ts'
import { ChatError, isWireCode, UncertainError } from '../../vocabulary/errors.ts'
import type { HubContext } from '../context.ts'
import type { LivingNodes } from '../nodes/living-nodes.ts'
import { allNodesChannel, nodeChannel } from '../nodes/node-channels.ts'
import { encodeNodeMessage, type NodeAnswer, type NodeAsk, type NodeOutcome } from '../nodes/node-messages.ts'
import type { SessionRegistry } from '../sessions/session-registry.ts'
import { AskPoll, type PollGoal } from './ask-poll.ts'
import { type AskOutcome, LocalAsk, type Question } from './local-ask.ts'

/** The services of a node that an {@link AskRound} uses. */
export interface AskServices {
  /** Leaf services. */
  readonly context: HubContext
  /** The sessions of this node. */
  readonly sessions: SessionRegistry
  /** The nodes that are asked. */
  readonly nodes: LivingNodes
}

/** An ask that begins. */
export interface AskRequest {
  /** The id of the ask, unique among all asks of all nodes. */
  readonly id: string
  /** The address. */
  readonly address: string
  /** The ask; `null` to learn only which sessions are connected. */
  readonly question: Question | null
  /** The point at which the round is complete. */
  readonly goal: PollGoal
  /** Time to wait, in milliseconds. */
  readonly timeout: number
  /** Stops the wait. */
  readonly signal: AbortSignal | undefined
}

/** Callbacks for the end of a round; one of them is called, once. */
export interface RoundEnd {
  /** Called when the round is complete, or its time is up. */
  resolve(poll: AskPoll): void
  /** Called with the reason for which the round has ended without a result. */
  reject(reason: unknown): void
}

/**
 * One ask to the sessions of an address at every node (P-ND-2): lists the living nodes, tells the other
 * nodes, asks the sessions of this node, and collects what all of them say.
 */
export class AskRound {
  readonly #services: AskServices
  readonly #request: AskRequest
  readonly #onEnd: RoundEnd
  readonly #undo: Undo[] = []
  readonly #deadline: number
  /** `null` until the nodes are listed. */
  #poll: AskPoll | null = null
  /** `null` until the sessions of this node are asked. */
  #local: LocalAsk | null = null
  #ended = false

  constructor(services: AskServices, request: AskRequest, end: RoundEnd) {
    this.#services = services
    this.#request = request
    this.#onEnd = end
    this.#deadline = services.context.runtime.now() + request.timeout
  }

  /** Begins the round. */
  start(): void {
    const { signal, timeout } = this.#request
    this.#undo.push(onAbort(signal, (reason) => this.fail(reason)))
    // The signal was aborted before any session was asked.
    if (this.#ended) return
    this.#undo.push(this.#services.context.runtime.timer(timeout, () => this.#timeUp()))
    attempt(
      () => this.#services.nodes.list(),
      (nodes) => this.#askNodes(nodes),
      (cause) => this.#unreachable(cause),
    )
  }

  /** Takes what another node says. */
  take({ by, count, asked, outcomes }: NodeAnswer): void {
    if (this.#poll === null || this.#ended) return
    for (const [session, user] of asked) this.#poll.name(by, session, user)
    for (const outcome of outcomes) {
      this.#poll.name(by, outcome.session, outcome.user)
      this.#settle(by, outcome.session, toOutcome(outcome))
    }
    this.#poll.count(by, count)
    this.#check()
  }

  /** Ends the round without a result. */
  fail(reason: unknown): void {
    if (this.#ended) return
    this.#finish()
    this.#stopNodes()
    this.#onEnd.reject(reason)
  }

  #askNodes(nodes: readonly string[]): void {
    if (this.#ended) return
    const { backplane } = this.#services.context
    this.#poll = new AskPoll(nodes, this.#request.goal)
    // No other node could have sessions.
    if (nodes.length === 1) return this.#askHere()
    attempt(
      () => backplane.publish(allNodesChannel, encodeNodeMessage(this.#message())),
      () => this.#askHere(),
      (cause) => this.#unreachable(cause),
    )
  }

  #askHere(): void {
    if (this.#ended || this.#poll === null) return
    const { context, sessions } = this.#services
    const { address, question } = this.#request
    const local = new LocalAsk(sessions, address)
    this.#local = local
    for (const { id, userId } of local.sessions) this.#poll.name(context.id, id, userId)
    this.#poll.count(context.id, local.sessions.length)
    this.#check()
    if (question !== null && !this.#ended)
      local.start(question, ({ id }, outcome) => this.#settle(context.id, id, outcome))
  }

  #message(): NodeAsk {
    const { context } = this.#services
    const { id, address, question } = this.#request
    const { event = null, data = 'null', meta = null } = question ?? {}
    const time = Math.max(0, this.#deadline - context.runtime.now())
    return { type: 'ask', id, by: context.id, address, event, data, meta, time }
  }

  #settle(node: string, session: string, outcome: AskOutcome): void {
    if (this.#ended) return
    this.#poll?.settle(node, session, this.#validated(session, outcome))
    this.#check()
  }

  /** Validates an answer here, at the asking node, because a validator may turn it into a value without JSON. */
  #validated(session: string, outcome: AskOutcome): AskOutcome {
    const event = this.#request.question?.event
    if (!('answer' in outcome) || event === undefined) return outcome
    const { context } = this.#services
    try {
      return { answer: context.validator.operation('asks', 'output', event, outcome.answer) }
    } catch (cause) {
      context.reportError({ error: cause, source: 'protocol', session, subject: event })
      const message = `unable to accept the answer to '${event}': it does not fit the contract`
      return { error: new ChatError('bad_payload', message, { cause }) }
    }
  }

  #check(): void {
    if (this.#ended || this.#poll?.complete !== true) return
    this.#finish()
    this.#stopNodes()
    this.#onEnd.resolve(this.#poll)
  }

  #timeUp(): void {
    if (this.#local === null || this.#poll === null) return this.#unreachable()
    this.#finish()
    this.#onEnd.resolve(this.#poll)
  }

  #unreachable(cause?: unknown): void {
    const { address } = this.#request
    const message = `unable to ask ${address}: the backplane is out of reach`
    this.fail(new ChatError('unavailable', message, { cause }))
  }

  #finish(): void {
    this.#ended = true
    for (const undo of this.#undo) undo()
    this.#local?.stop()
  }

  /** Tells the nodes that still wait for a session, or have said nothing yet, to stop. */
  #stopNodes(): void {
    const { backplane, id: own } = this.#services.context
    const text = encodeNodeMessage({ type: 'stop', id: this.#request.id })
    for (const node of this.#poll?.waiting ?? [])
      if (node !== own)
        attempt(
          () => backplane.publish(nodeChannel(node), text),
          () => {},
          // The node stops by itself when the time is up.
          () => {},
        )
  }
}

/** Returns an outcome that another node has told. */
function toOutcome(told: NodeOutcome): AskOutcome {
  if ('error' in told) return { error: toError(told.error) }
  try {
    return { answer: JSON.parse(told.answer) }
  } catch (cause) {
    const message = `unable to read the answer of ~${told.session}: another node has garbled it`
    return { error: new ChatError('internal', message, { cause }) }
  }
}

function toError({ code, message }: { readonly code: string; readonly message: string }): ChatError {
  if (code === 'uncertain') return new UncertainError(message)
  return new ChatError(isWireCode(code) ? code : 'internal', message)
}
