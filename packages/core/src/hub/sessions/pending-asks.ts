import type { RefuseFrame, ReplyFrame } from '../../protocol/client-frames.ts'
import { encodeFrame } from '../../protocol/encode.ts'
import { valueFault } from '../../protocol/values.ts'
import type { Undo } from '../../runtime/runtime.ts'
import { Frame } from '../../transport/batch.ts'
import { ChatError, type ErrorCode, isWireCode, UncertainError } from '../../vocabulary/errors.ts'
import { isCleanText, printable } from '../../vocabulary/text.ts'
import type { Outbox } from '../connections/outbox.ts'
import type { HubContext } from '../context.ts'

/** Characters that are taken of the code and the message of a refusal. A longer code counts as `internal`. */
const refusalLimits = { code: 64, message: 1_000 } as const

/** Callbacks for the outcome of an ask to one session. */
export interface AskOutcome {
  /** Called with the answer as the client gave it: the asking node validates it. */
  resolve(answer: unknown): void
  /** Called with the refusal, or with an `UncertainError` when the connection ends first. */
  reject(error: ChatError): void
}

interface PendingAsk {
  readonly event: string
  readonly outcome: AskOutcome
}

/**
 * The asks on one connection that have no answer yet. An ask belongs to its connection: when that ends, its
 * outcome is uncertain.
 */
export class PendingAsks {
  readonly #context: HubContext
  readonly #outbox: Outbox
  readonly #pending = new Map<number, PendingAsk>()
  #last = 0

  constructor(context: HubContext, outbox: Outbox) {
    this.#context = context
    this.#outbox = outbox
  }

  /** True when every ask is answered. */
  get idle(): boolean {
    return this.#pending.size === 0
  }

  /**
   * Asks the client. `json` is the data, validated and encoded, with the meta behind a comma if there is any.
   * Returns a function that stops waiting for the answer, and tells the client so (P-CN-4).
   */
  ask(event: string, json: string, outcome: AskOutcome): Undo {
    const ask = ++this.#last
    this.#pending.set(ask, { event, outcome })
    this.#outbox.push(new Frame(`["ask",${ask},${JSON.stringify(event)},${json}]`))
    return () => {
      if (this.#pending.delete(ask)) this.#outbox.push(new Frame(encodeFrame('cancel', ask)))
    }
  }

  /**
   * Settles an ask. A reply to an unknown or settled ask is ignored and counted (P-FR-10), and the method
   * returns false.
   */
  takeAnswer(frame: ReplyFrame | RefuseFrame): boolean {
    const pending = this.#pending.get(frame.ask)
    const tooDeep = frame.type === 'reply' && valueFault(frame.data, this.#context.limits.depth) !== null
    if (pending === undefined || tooDeep) {
      this.#context.counters.strayReplies++
      return false
    }
    this.#pending.delete(frame.ask)
    if (frame.type === 'refuse') pending.outcome.reject(refusalOf(frame))
    else pending.outcome.resolve(frame.data)
    return true
  }

  /** Settles all asks as uncertain, because the connection has ended. */
  end(): void {
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const { event, outcome } of pending)
      outcome.reject(new UncertainError(`unable to tell the answer to '${event}': the connection has ended`))
  }
}

/** The client chooses the code and the message, and applications write them to logs. */
function refusalOf({ code, message }: RefuseFrame): ChatError {
  const known: ErrorCode = isWireCode(code) && isShort(code) ? code : 'internal'
  return new ChatError(known, printable(message.slice(0, refusalLimits.message)))
}

const isShort = (code: string): boolean => code.length <= refusalLimits.code && isCleanText(code)
