import type { RefuseFrame, ReplyFrame } from '../../protocol/client-frames.ts'
import { valueFault } from '../../protocol/values.ts'
import type { Undo } from '../../runtime/runtime.ts'
import { Frame } from '../../transport/batch.ts'
import { ChatError, type ErrorCode, isWireCode, UncertainError } from '../../vocabulary/errors.ts'
import type { Session } from './session.ts'

/** How an ask to one session ended. */
export interface AskOutcome {
  resolve(answer: unknown): void
  reject(error: ChatError): void
}

interface OpenAsk {
  readonly event: string
  readonly outcome: AskOutcome
}

/**
 * What the hub has asked on one connection and has no answer to. An ask belongs to its connection: its end makes it
 * uncertain.
 *
 * @internal
 */
export class PendingAsks {
  readonly #session: Session
  readonly #open = new Map<number, OpenAsk>()
  #last = 0

  constructor(session: Session) {
    this.#session = session
  }

  /** Asks, with data that is validated and encoded already; the undo stops waiting. */
  ask(event: string, json: string, outcome: AskOutcome): Undo {
    const ask = ++this.#last
    this.#open.set(ask, { event, outcome })
    this.#session.outbox.push(new Frame(`["ask",${ask},${JSON.stringify(event)},${json}]`))
    return () => {
      this.#open.delete(ask)
    }
  }

  /** Settles an ask; a reply to an unknown or settled one is ignored and counted (P-FR-10). */
  answer(frame: ReplyFrame | RefuseFrame): void {
    const open = this.#open.get(frame.ask)
    const deep = frame.type === 'reply' && valueFault(frame.data, this.#session.node.limits.depth) !== null
    if (open === undefined || deep) {
      this.#session.node.counters.strayReplies++
      return
    }
    this.#open.delete(frame.ask)
    if (frame.type === 'refuse') open.outcome.reject(refusal(frame))
    else this.#reply(open, frame.data)
  }

  end(): void {
    const open = [...this.#open.values()]
    this.#open.clear()
    for (const { event, outcome } of open)
      outcome.reject(new UncertainError(`unable to tell the answer to '${event}': the connection has ended`))
  }

  #reply({ event, outcome }: OpenAsk, data: unknown): void {
    let answer: unknown
    try {
      answer = this.#session.node.guard.operation('asks', 'output', event, data)
    } catch (error) {
      this.#session.node.fault({ error, source: 'protocol', session: this.#session.id, subject: event })
      outcome.reject(
        new ChatError(
          'bad_payload',
          `unable to accept the answer to '${event}': it does not fit the contract`,
          {
            cause: error,
          },
        ),
      )
      return
    }
    outcome.resolve(answer)
  }
}

function refusal({ code, message }: RefuseFrame): ChatError {
  const known: ErrorCode = isWireCode(code) ? code : 'internal'
  return new ChatError(known, message.slice(0, 1_000))
}
