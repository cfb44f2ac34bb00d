import { ChatError, type ErrorCode, UsageError } from '../../vocabulary/errors.ts'
import type { JsonText } from '../../vocabulary/json-text.ts'
import type { NodeAnswer, NodeAsk, NodeStop } from '../nodes/node-messages.ts'
import type { AskPoll, PollGoal } from './ask-poll.ts'
import { type AskRequest, AskRound, type AskServices } from './ask-round.ts'
import type { AskOptions, AskResults, ConnectedSession } from './hub-target.ts'
import type { Question } from './local-ask.ts'
import { RemoteAsks } from './remote-asks.ts'

const defaultTimeout = 10_000

/** Options of the wait for the nodes and sessions. */
type WaitOptions = Pick<AskOptions, 'timeout' | 'signal'>

/** An ask that was validated. */
export interface ValidAsk {
  /** The address. */
  readonly address: string
  /** The name of the ask. */
  readonly event: string
  /** The data. */
  readonly data: JsonText
  /** The meta, an object; `null` for none. */
  readonly meta: JsonText | null
}

/** The asks of this hub, and those that other nodes put to its sessions (P-ND-2). */
export class HubAsks {
  readonly #services: AskServices
  readonly #remote: RemoteAsks
  readonly #rounds = new Map<string, AskRound>()
  #last = 0

  constructor(services: AskServices) {
    this.#services = services
    this.#remote = new RemoteAsks(services.context, services.sessions)
  }

  /**
   * Asks, and resolves with the first answer.
   *
   * @throws ChatError `not_found`, `timeout`, `unavailable`, or the first refusal.
   */
  async ask(ask: ValidAsk, options: WaitOptions): Promise<unknown> {
    const { replies, refused, timedOut, unreachable } = (await this.#run(ask, 'first', options)).results
    const [reply] = replies
    if (reply !== undefined) return reply.answer
    const { address, event } = ask
    if (unreachable.length > 0)
      throw new ChatError('timeout', `unable to ask '${event}': ${silent(unreachable)}`, {
        detail: { unreachable },
      })
    if (timedOut.length > 0)
      throw new ChatError('timeout', `unable to ask '${event}': no session answered in time`)
    const [refusal] = refused
    throw (
      refusal?.error ?? new ChatError('not_found', `unable to ask '${event}': no session is at ${address}`)
    )
  }

  /**
   * Asks, and resolves with the outcome of each session.
   *
   * @throws ChatError `unavailable`.
   */
  async askAll(ask: ValidAsk, options: WaitOptions): Promise<AskResults<unknown>> {
    return (await this.#run(ask, 'all', options)).results
  }

  /**
   * Resolves with the sessions of an address that are connected.
   *
   * @throws ChatError `unavailable`, or `timeout` when a node is silent.
   */
  async listSessions(address: string, options: WaitOptions): Promise<readonly ConnectedSession[]> {
    const { connected, unreachable } = await this.#run({ address, event: null }, 'names', options)
    if (unreachable.length === 0) return connected
    throw new ChatError('timeout', `unable to list the sessions of ${address}: ${silent(unreachable)}`, {
      detail: { unreachable, sessions: connected },
    })
  }

  /** Takes a message of another node. */
  takeMessage(message: NodeAsk | NodeAnswer | NodeStop): void {
    switch (message.type) {
      case 'ask':
        return this.#remote.take(message)
      case 'stop':
        return this.#remote.stop(message.id)
      case 'answer':
        return this.#takeAnswer(message)
    }
  }

  /** Ends all asks, because the hub is closed. */
  close(): void {
    this.#remote.close()
    for (const round of [...this.#rounds.values()])
      round.fail(new ChatError('closed', 'unable to go on: the hub was closed'))
  }

  /** An answer to an ask that has ended is ignored. */
  #takeAnswer(answer: NodeAnswer): void {
    this.#rounds.get(answer.id)?.take(answer)
  }

  #observe({ address, question }: AskRequest, since: number, end: AskPoll | ErrorCode): void {
    const { observe, runtime } = this.#services.context
    if (observe === null || question === null) return
    const took = runtime.now() - since
    const { replies, refused, timedOut, unreachable } = typeof end === 'string' ? noResults : end.results
    const code = typeof end === 'string' ? end : null
    observe({
      type: 'ask',
      event: question.event,
      address,
      answered: replies.length,
      refused: refused.length,
      open: timedOut.length,
      unreachable: unreachable.length,
      code,
      took,
    })
  }

  #run(
    { address, event, ...rest }: ValidAsk | { readonly address: string; readonly event: null },
    goal: PollGoal,
    { timeout = defaultTimeout, signal }: WaitOptions,
  ): Promise<AskPoll> {
    if (this.#services.context.closed) {
      const operation = event === null ? `list the sessions of ${address}` : `ask '${event}'`
      return Promise.reject(new UsageError(`unable to ${operation}: the hub is closed; make a new hub`))
    }
    const id = `${this.#services.context.id}.${++this.#last}`
    const question = event === null ? null : ({ event, ...rest } as Question)
    const since = this.#services.context.observedSince
    return new Promise((resolve, reject) => {
      const request = { id, address, question, goal, timeout, signal }
      const end = (settle: () => void): void => {
        this.#rounds.delete(id)
        settle()
      }
      const round = new AskRound(this.#services, request, {
        resolve: (poll) => {
          this.#observe(request, since, poll)
          end(() => resolve(poll))
        },
        reject: (reason) => {
          this.#observe(request, since, reason instanceof ChatError ? reason.code : 'cancelled')
          end(() => reject(reason))
        },
      })
      this.#rounds.set(id, round)
      round.start()
    })
  }
}

const noResults: AskResults<unknown> = { replies: [], refused: [], timedOut: [], unreachable: [] }

const silent = (nodes: readonly string[]): string =>
  nodes.length === 1 ? `node ${nodes[0]} is silent` : `${nodes.length} nodes are silent`
