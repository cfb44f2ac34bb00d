import { Alarm } from '../../runtime/alarm.ts'
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
  readonly #alarm: Alarm
  #messages: readonly Message[] = []
  #ended = false

  /** `next` is the position to continue from when there are no messages. */
  constructor(subscription: RestoredSubscription, last: number, next: Position) {
    this.#subscription = subscription
    this.#last = last
    this.#next = next
    this.#alarm = new Alarm(subscription.context.runtime)
  }

  /** Reads a page before the messages that were read, until there are enough. */
  start(): void {
    const subscription = this.#subscription
    const { address, context, operations } = subscription
    const [oldest] = this.#messages
    const limit = this.#last - this.#messages.length
    operations.read(address, { before: oldest?.position[1], limit }).then(
      ({ messages, more }) => {
        if (this.#ended) return
        this.#messages = [...messages, ...this.#messages]
        if (more && messages.length > 0 && messages.length < limit) return this.start()
        this.position = this.#messages.at(-1)?.position ?? null
        if (this.position === null) subscription.continueAfter(this.#next)
        else subscription.rejoin()
      },
      (error) => {
        if (this.#ended) return
        if (error instanceof ChatError && error.retryable) return this.#startAgain(error.retryAfter)
        context.reportError(error, address)
        subscription.continueAfter(this.#next)
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
    this.#ended = true
    this.#alarm.clear()
  }

  #startAgain(delay = retryDelay): void {
    this.#messages = []
    this.#alarm.set(delay, () => this.start())
  }
}
