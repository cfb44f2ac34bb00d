import { encodeFrame } from '../../protocol/encode.ts'
import { isRecord } from '../../protocol/fields.ts'
import { checkMsg } from '../../protocol/hub-frames.ts'
import { historyPage } from '../../protocol/limits.ts'
import { ChatError } from '../../vocabulary/errors.ts'
import type { Message } from '../../vocabulary/message.ts'
import { toMessage } from '../operations/to-message.ts'
import { isClosed, request, type StreamClient } from './stream-client.ts'
import type { StreamHandle } from './stream-handle.ts'

/** Time between two looks at a log that catches up, and before a further attempt to read it, in milliseconds. */
const interval = 1_000

/** Subscriptions to streams, and the search for the result of a stream that is gone. */
export class StreamJoins {
  readonly #client: StreamClient
  /** Takes the result of a stream. */
  readonly #takeResult: (message: Message) => unknown
  /** Handles whose parents catch up: the result may come before their streams are joined. */
  readonly #behind = new Set<StreamHandle>()
  /** Handles that the hub had no place for, in the order in which they wait. */
  readonly #full = new Set<StreamHandle>()
  #joined = 0

  constructor(client: StreamClient, takeResult: (message: Message) => unknown) {
    this.#client = client
    this.#takeResult = takeResult
  }

  /** Joins a stream, once it is known that its result is not about to come. */
  read(handle: StreamHandle): void {
    if (isClosed(this.#client)) handle.settle('left', false)
    else if (!this.#isBehind(handle.parent)) this.#join(handle)
    else {
      this.#behind.add(handle)
      // The last messages may be none that listeners get.
      this.#client.context.runtime.timer(interval, () => this.#joinBehind(handle))
    }
  }

  /** A message of an address has arrived. */
  progress(address: string): void {
    if (this.#behind.size === 0 || this.#isBehind(address)) return
    for (const handle of this.#behind) if (handle.parent === address) this.#joinBehind(handle)
  }

  /** The hub refuses a stream, or has ended its subscription without the end of the stream. */
  refused(handle: StreamHandle, error: ChatError): void {
    this.#joined--
    if (handle.concluded) handle.settle('lost', false)
    else if (error.code === 'not_found') void this.#findResult(handle)
    else if (error.code === 'too_large' && this.#joined > 0) this.#full.add(handle)
    else handle.settle('left', false, error)
    if (error.code !== 'too_large') this.#next()
  }

  /** A handle needs its subscription no more. `known` is `true` when the hub has ended the subscription. */
  release(handle: StreamHandle, known: boolean): void {
    this.#behind.delete(handle)
    this.#full.delete(handle)
    const { subscription } = handle
    if (subscription === null) return
    handle.subscription = null
    const { subscriptions } = this.#client
    if (known) subscriptions.remove(subscription)
    else subscriptions.leave(subscription, handle)
    this.#joined--
    this.#next()
  }

  /** Returns `true` while messages of an address are to come that were there when the hub accepted it. */
  #isBehind(address: string): boolean {
    const parent = this.#client.subscriptions.active.get(address)
    return parent?.attached === true && (parent.position?.[1] ?? 0) < parent.top
  }

  #joinBehind(handle: StreamHandle): void {
    if (this.#behind.delete(handle)) this.#join(handle)
  }

  #join(handle: StreamHandle): void {
    this.#joined++
    handle.subscription = this.#client.subscriptions.join(handle.address, handle, {})
  }

  #next(): void {
    const [handle] = this.#full
    if (handle !== undefined && this.#full.delete(handle)) this.#join(handle)
  }

  /**
   * Looks for the result of a stream that the hub keeps no more, behind its head. Without a result the stream is
   * lost (P-SM-10).
   */
  async #findResult(handle: StreamHandle): Promise<void> {
    try {
      let after = handle.at
      for (let more = true; more && !handle.settled; ) {
        const page = await this.#readPage(handle, after)
        for (const message of page.messages) {
          after = message.position[1]
          if (message.meta?.['of'] === handle.id && !handle.settled) this.#takeResult(message)
        }
        more = page.more && handle.at > 0
      }
      handle.settle('lost', false)
    } catch (error) {
      if (!(error instanceof ChatError && error.retryable)) return handle.settle('lost', false)
      this.#client.context.runtime.timer(error.retryAfter ?? interval, () => void this.#findResult(handle))
    }
  }

  /** Reads a page after an offset; the newest page for 0. */
  async #readPage(
    { parent, address }: StreamHandle,
    after: number,
  ): Promise<{ readonly messages: readonly Message[]; readonly more: boolean }> {
    const range = { after: after > 0 ? after : undefined, limit: historyPage.max }
    const frame = (ref: number): string => encodeFrame('read', ref, parent, range)
    const answer = await request(this.#client, `read ${address}`, { repeat: 'harmless', frame })
    const { epoch, messages, more } = isRecord(answer) ? answer : {}
    const list = Array.isArray(messages) ? messages : []
    return { messages: list.map((value) => toMessage(checkMsg(value), String(epoch))), more: more === true }
  }
}
