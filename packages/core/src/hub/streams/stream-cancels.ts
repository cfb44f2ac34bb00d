import { cancelPatience } from '../../protocol/limits.ts'
import { attempt } from '../../runtime/maybe-promise.ts'
import type { Undo } from '../../runtime/runtime.ts'
import type { HubContext } from '../context.ts'
import { allNodesChannel } from '../nodes/node-channels.ts'
import { encodeNodeMessage } from '../nodes/node-messages.ts'
import type { StreamEnds } from './stream-ends.ts'

/** Cancels of streams that this node has taken (P-SM-9). */
export class StreamCancels {
  readonly #context: HubContext
  readonly #ends: StreamEnds
  /** The streams that are ended when their time is up. */
  readonly #pending = new Map<string, Undo>()

  constructor(context: HubContext, ends: StreamEnds) {
    this.#context = context
    this.#ends = ends
  }

  /**
   * Tells all nodes, and ends the stream after a while unless its writer has. Returns `false`, and does nothing,
   * for a stream that was cancelled before.
   */
  cancel(address: string): boolean {
    if (this.#pending.has(address)) return false
    const { runtime, backplane, id } = this.#context
    const end = (): void => {
      this.#end(address).catch((error) => this.#context.reportBackplane(error, address))
    }
    this.#pending.set(address, runtime.timer(cancelPatience, end))
    attempt(
      () => backplane.publish(allNodesChannel, encodeNodeMessage({ type: 'cancel', id: address, by: id })),
      () => {},
      // The stream is ended in any case.
      (error) => this.#context.reportBackplane(error, address),
    )
    return true
  }

  /** Ends all streams that were cancelled, because the hub closes. */
  async close(): Promise<void> {
    await Promise.all([...this.#pending.keys()].map((address) => this.#end(address)))
  }

  async #end(address: string): Promise<void> {
    this.#pending.get(address)?.()
    this.#pending.delete(address)
    await this.#ends.end(address, { state: 'cancelled' })
  }
}
