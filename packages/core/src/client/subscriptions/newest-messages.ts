import type { Undo } from '../../runtime/runtime.ts'
import { abortion, createAborter } from '../../runtime/signal.ts'
import { ChatError } from '../../vocabulary/errors.ts'
import type { Message } from '../../vocabulary/message.ts'
import type { Position } from '../../vocabulary/position.ts'
import type { Gap } from '../types.ts'
import type { Restore, RestoredSubscription } from './restore.ts'

/** Wait before the messages are read again, in milliseconds. */
const retryDelay = 1_000

/**
 * Beginning of an address with its newest messages. When the hub refuses its history, that is reported, and the
 * address begins without them.
 */
export class NewestMessages implements Restore {
  position: Position | null = null
  readonly #subscription: RestoredSubscription
  readonly #last: number
  readonly #next: Position
  readonly #aborter = createAborter()
  #messages: readonly Message[] = []
  #retry: Undo | null = null

  /** `next` is the position to continue from when there are no messages. */
  constructor(subscription: RestoredSubscription, last: number, next: Position) {
    this.#subscription = subscription
    this.#last = last
    this.#next = next
  }

  start(): void {
    const { address, context } = this.#subscription
    this.#read().then(
      (messages) => {
        this.#messages = messages
        this.position = messages.at(-1)?.position ?? null
        if (this.position === null) this.#subscription.continueAfter(this.#next)
        else this.#subscription.rejoin()
      },
      (error) => {
        if (abortion(this.#aborter.signal) !== null) return
        if (error instanceof ChatError && error.retryable) return this.#startAgain(error.retryAfter)
        context.reportError(error, address)
        this.#subscription.continueAfter(this.#next)
      },
    )
  }

  /**
   * A hub that is behind the newest message continues from its own position, and brings the later messages itself.
   * Otherwise the log has lost messages since they were read, and they are read again.
   */
  refused({ to }: Gap): void {
    const [epoch, newest] = this.position as Position
    const behind = to[0] === epoch && to[1] < newest
    this.position = behind ? to : null
    if (behind) this.#subscription.rejoin()
    else this.#startAgain()
  }

  accepted([epoch, at]: Position): void {
    let from: Position | null = null
    for (const message of this.#messages)
      if (message.position[0] === epoch && message.position[1] <= at) {
        this.#subscription.deliver({ ...message, history: true }, from)
        from = message.position
      }
  }

  end(): void {
    this.#retry?.()
    this.#aborter.abort()
  }

  #startAgain(delay = retryDelay): void {
    this.#retry = this.#subscription.context.runtime.timer(delay, () => this.start())
  }

  async #read(): Promise<Message[]> {
    const { address, operations } = this.#subscription
    const { signal } = this.#aborter
    const found: Message[] = []
    for (let more = true; more && found.length < this.#last; ) {
      const [oldest] = found
      const limit = this.#last - found.length
      const page = await operations.read(address, { before: oldest?.position[1], limit, signal })
      more = page.more && page.messages.length > 0
      found.unshift(...page.messages)
    }
    return found
  }
}
