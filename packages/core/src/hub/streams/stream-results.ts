import { resultPatience } from '../../protocol/limits.ts'
import { encodeMeta } from '../../protocol/meta.ts'
import type { Undo } from '../../runtime/runtime.ts'
import { readStreamAddress } from '../../vocabulary/address.ts'
import { ChatError } from '../../vocabulary/errors.ts'
import type { Meta } from '../../vocabulary/meta.ts'
import type { Stored } from '../../vocabulary/position.ts'
import type { HubContext } from '../context.ts'
import { type ClosedStream, readClosed } from './stored-stream.ts'
import { type StreamHead, writerOf } from './stream-head.ts'
import type { StreamAppend, StreamLogs } from './stream-logs.ts'

/** Refs of the head and of the result among the messages of one stream in its parent. */
const headRef = 1
const resultRef = 2

/** Listener to the results that this node has stored of streams that clients have written. */
export type ResultListener = (stream: ClosedStream, result: StoredResult) => void

/** A result in the log of its parent. */
export interface StoredResult extends Stored {
  /** Time at which the log took it. */
  readonly time: number
  readonly meta: Meta
}

/** Returns the name by which the parent of a stream recognises the head: it is this stream's own. */
export const headName = (id: string): StreamAppend['name'] => ({ session: id, ref: headRef })

const resultName = (id: string): StreamAppend['name'] => ({ session: id, ref: resultRef })

/**
 * The results of streams (P-SM-7). A result follows from the closed log, and its key from the head's id, so
 * every hub may store it, and only the first of them does.
 */
export class StreamResults {
  readonly #context: HubContext
  readonly #logs: StreamLogs
  readonly #onResult: ResultListener
  /** The streams whose results are looked for later. */
  readonly #later = new Map<string, Undo>()

  constructor(context: HubContext, logs: StreamLogs, onResult: ResultListener) {
    this.#context = context
    this.#logs = logs
    this.#onResult = onResult
  }

  /**
   * Stores the result of a stream that has ended, and resolves with its place.
   *
   * @throws UncertainError when the hub is closed first.
   * @throws ChatError `conflict` when another message has the result's key.
   */
  async store(closed: ClosedStream): Promise<Stored> {
    const { head, end, whole } = closed
    const { stream: _, ...rest } = head.meta
    const meta: Meta = { ...rest, of: head.id, end: end.state }
    const id = `${head.id}.end`
    const message = {
      event: head.event,
      data: whole ?? 'null',
      meta: encodeMeta(meta),
      from: head.from,
      id,
    }
    const result = await this.#logs.append({ address: head.parent, message, name: resultName(head.id) })
    if ('at' in result && result.outcome !== 'overtaken') {
      const stored: Stored = { position: [result.epoch, result.at, result.id], id }
      if (result.outcome === 'stored' && this.#isOfClient(head))
        this.#onResult(closed, { ...stored, time: result.time, meta })
      return stored
    }
    throw new ChatError('conflict', `unable to store the result of ${head.address}: its key is used`)
  }

  /** Makes sure, after a while, that the result of a stream which has ended is stored. */
  storeLater(address: string): void {
    if (this.#later.has(address)) return
    const { runtime } = this.#context
    const store = (): void => {
      this.#later.delete(address)
      this.#makeSure(address).catch((error) => this.#context.reportBackplane(error, address))
    }
    this.#later.set(address, runtime.timer(resultPatience, store, 'upkeep'))
  }

  /** Stops what was to be done later. */
  end(): void {
    for (const cancel of this.#later.values()) cancel()
    this.#later.clear()
  }

  /** The application hears the streams of clients, and none that a hub writes in the name of a user. */
  #isOfClient({ id, event, from }: StreamHead): boolean {
    return from !== null && writerOf(id) !== this.#context.id && this.#context.isClientStream(event)
  }

  async #makeSure(address: string): Promise<void> {
    const parts = readStreamAddress(address)
    // The log need not be read again for a result that is stored.
    if (parts === null || (await this.#logs.knows(parts.parent, resultName(parts.id)))) return
    const closed = await readClosed(this.#logs, address)
    if (closed !== null) await this.store(closed)
  }
}
