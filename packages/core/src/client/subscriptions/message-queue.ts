import { ChatError } from '../../vocabulary/errors.ts'
import type { Message } from '../../vocabulary/message.ts'

/** Maximum number of messages that wait for a slow consumer. */
const maxWaiting = 1_000

/** Queue of messages for a `for await` loop. */
export class MessageQueue implements AsyncIterableIterator<Message> {
  readonly #onEnd: (queue: MessageQueue) => void
  #messages: Message[] = []
  #waiting: ((result: IteratorResult<Message> | Promise<never>) => void)[] = []
  #state: 'open' | 'ended' | 'full' = 'open'
  /** Error of an end that the application has not asked for, until the consumer gets it. */
  #error: ChatError | null = null

  /** `onEnd` is called when the queue takes no more messages. */
  constructor(onEnd: (queue: MessageQueue) => void) {
    this.#onEnd = onEnd
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  push(message: Message): void {
    if (this.#state !== 'open') return
    const waiting = this.#waiting.shift()
    if (waiting !== undefined) waiting({ value: message, done: false })
    else if (this.#messages.length < maxWaiting) this.#messages.push(message)
    else this.#state = 'full'
  }

  /**
   * Takes no more messages. The consumer still gets those in the queue, then `full` when messages are
   * missing, and otherwise `error`, if there is one.
   */
  end(error: ChatError | null = null): void {
    if (this.#state === 'open') {
      this.#state = 'ended'
      this.#error = error
    }
    for (const waiting of this.#waiting.splice(0)) waiting(this.#finish())
    this.#onEnd(this)
  }

  next(): Promise<IteratorResult<Message>> {
    const message = this.#messages.shift()
    if (message !== undefined) return Promise.resolve({ value: message, done: false })
    if (this.#state === 'full') {
      this.#state = 'ended'
      this.#onEnd(this)
      return Promise.reject(
        new ChatError('full', `unable to keep up: more than ${maxWaiting} messages wait for the loop`),
      )
    }
    if (this.#state === 'ended') return Promise.resolve(this.#finish())
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  return(): Promise<IteratorResult<Message>> {
    this.#messages = []
    this.#state = 'ended'
    this.#error = null
    this.end()
    return Promise.resolve(this.#finish())
  }

  /** Returns the end: its error once, and then `done`. */
  #finish(): IteratorResult<Message> | Promise<never> {
    const error = this.#error
    this.#error = null
    return error === null ? { value: undefined, done: true } : Promise.reject(error)
  }
}
