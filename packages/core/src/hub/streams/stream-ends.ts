import type { ChatError } from '../../vocabulary/errors.ts'
import { endEvent } from '../../vocabulary/message.ts'
import type { Position, Stored } from '../../vocabulary/position.ts'
import type { EndState } from '../../vocabulary/stream.ts'
import type { HubContext } from '../context.ts'
import { readClosed, readTop, type StreamTop } from './stored-stream.ts'
import { encodeEnd, type StoredEnd } from './stream-end.ts'
import type { StreamLogs } from './stream-logs.ts'
import type { StreamResults } from './stream-results.ts'

/** The end of a stream, as its writer learns it. */
export interface StreamEnd {
  /** The state in which the stream has ended: its first end stands. */
  readonly state: EndState
  /** The error, for `failed`: its code and message are those that the readers get. */
  readonly error?: ChatError | undefined
  /**
   * The place of the result in the log of the address that the stream was sent to; `null` when the log of the
   * stream was gone, so that there is no result.
   */
  readonly stored: Stored | null
}

/** Ends streams that this node may not write (P-SM-6, P-SM-8, P-SM-9). */
export class StreamEnds {
  readonly #context: HubContext
  readonly #logs: StreamLogs
  readonly #results: StreamResults

  constructor(context: HubContext, logs: StreamLogs, results: StreamResults) {
    this.#context = context
    this.#logs = logs
    this.#results = results
  }

  /**
   * Ends a stream unless it has ended, and stores its result. Resolves with the end that stands, and with `null`
   * for a stream that is gone.
   *
   * @throws UncertainError when the hub is closed first.
   */
  async end(address: string, end: StoredEnd): Promise<(StoredEnd & { readonly stored: Stored }) | null> {
    if (!(await this.#close(address, end))) return null
    const closed = await readClosed(this.#logs, address)
    return closed === null ? null : { ...closed.end, stored: await this.#results.store(closed) }
  }

  /** Resolves with `true` once the stream has ended, in whatever state; with `false` when it is gone. */
  async #close(address: string, end: StoredEnd): Promise<boolean> {
    for (;;) {
      const top = await readTop(this.#logs, address)
      if (top === null || top.end !== null) return top !== null
      if (await this.#append(address, top, end)) {
        this.#observeEnd(address, top.event, end.state)
        return true
      }
    }
  }

  /**
   * Appends the end behind the last entry, wherever that is. Resolves with `false` when the log must be read
   * again.
   */
  async #append(address: string, { from, position }: StreamTop, end: StoredEnd): Promise<boolean> {
    let expected: Position = position
    for (;;) {
      const { id: session, streams } = this.#context
      const ref = this.#context.nextMessageNumber()
      const id = `${session}.${ref}`
      const message = {
        event: endEvent,
        data: encodeEnd(end),
        meta: null,
        from,
        id,
        keep: streams.keep,
      }
      const result = await this.#logs.append({ address, message, name: { session, ref }, expected })
      if (result.outcome === 'stored' || result.outcome === 'duplicate') return true
      // The writer may be faster than this node for a while.
      if (result.outcome !== 'overtaken' || result.event === endEvent || result.id === null) return false
      expected = [result.epoch, result.at, result.id]
    }
  }

  /** Shows the observer that this node has ended a stream, whose parts it does not know. */
  #observeEnd(address: string, event: string, state: EndState): void {
    this.#context.observe?.({ type: 'stream', address, event, state, parts: null, bytes: null, took: null })
  }
}
