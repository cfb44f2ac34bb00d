import type { StreamKind } from '../../contract/stream.ts'
import { onAbort } from '../../runtime/signal.ts'
import { readStreamAddress, streamAddress } from '../../vocabulary/address.ts'
import { ChatError } from '../../vocabulary/errors.ts'
import type { JsonText } from '../../vocabulary/json-text.ts'
import type { Meta } from '../../vocabulary/meta.ts'
import type { Position } from '../../vocabulary/position.ts'
import type { HubContext } from '../context.ts'
import type { FeedRegistry } from '../delivery/feed-registry.ts'
import type { StreamFeed } from '../delivery/stream-feed.ts'
import type { LivingNodes } from '../nodes/living-nodes.ts'
import { ClientWritings } from './client-writings.ts'
import { readStoredHead } from './stored-stream.ts'
import { StreamCancels } from './stream-cancels.ts'
import { StreamEnds } from './stream-ends.ts'
import { headMessage, type StreamHead, writerOf } from './stream-head.ts'
import { StreamLogs } from './stream-logs.ts'
import { headName, type ResultListener, StreamResults } from './stream-results.ts'
import { StreamWatch } from './stream-watch.ts'
import { StreamWriting } from './stream-writing.ts'

/** The parts of a node that streams use. */
export interface StreamsServices {
  readonly context: HubContext
  readonly nodes: LivingNodes
  readonly feeds: FeedRegistry
  /**
   * Tells the session that writes a stream that the stream is to end. Returns the id of its user; `null` for a
   * session that is not connected to this node.
   */
  readonly cancelWriter: (session: string, address: string) => string | null
  /** Called when this node has stored the result of a stream that a client has written. */
  readonly onResult: ResultListener
}

/** A stream to open. */
export interface StreamRequest {
  /** The address that the head is sent to. */
  readonly parent: string
  /** The event's name. */
  readonly event: string
  /** The kind of the data. */
  readonly kind: StreamKind
  /** The beginning of the whole. */
  readonly data: JsonText
  /** The id of the user in whose name it is written; `null` for the hub. */
  readonly from: string | null
  /** The meta of the head, besides `stream`. */
  readonly meta: Meta
  /** Cancels the writing. */
  readonly signal: AbortSignal | undefined
}

/** The streams of a hub: those that it or its clients write, and those that its clients read. */
export class Streams {
  readonly #context: HubContext
  readonly #logs: StreamLogs
  readonly #results: StreamResults
  readonly #ends: StreamEnds
  readonly #watch: StreamWatch
  readonly #cancels: StreamCancels
  /** The streams that this node writes, by their addresses. */
  readonly #writing = new Map<string, StreamWriting>()
  readonly #cancelWriter: StreamsServices['cancelWriter']
  /** The streams that the clients of this node write. */
  readonly clients: ClientWritings

  constructor(services: StreamsServices) {
    const { context } = services
    this.#context = context
    this.#logs = new StreamLogs(context)
    this.#results = new StreamResults(context, this.#logs, services.onResult)
    this.#ends = new StreamEnds(context, this.#logs, this.#results)
    this.#watch = new StreamWatch({ ...services, ends: this.#ends })
    this.#cancels = new StreamCancels(context, this.#ends)
    this.#cancelWriter = services.cancelWriter
    this.clients = new ClientWritings({ context, logs: this.#logs, ends: this.#ends, watch: this.#watch })
  }

  /**
   * Opens a stream (P-SM-2): the head goes to the log of the stream, and then to that of its parent. So a stream
   * exists before any client can see its head.
   *
   * @throws ChatError `unavailable` when the hub closes.
   * @throws UncertainError when the hub is closed before the logs have answered.
   */
  async open(request: StreamRequest): Promise<StreamWriting> {
    if (this.#context.limits.streams === 0)
      throw new Error("unable to open a stream: the hub has none; set its option 'limits.streams' above 0")
    if (this.#context.draining) throw new ChatError('unavailable', 'unable to open a stream: the hub closes')
    const ref = this.#context.nextMessageNumber()
    const head = this.#headOf(request, `${this.#context.id}.${ref}`)
    const position = await this.#appendHead(head, ref)
    const writing = new StreamWriting(
      { context: this.#context, logs: this.#logs, ends: this.#ends },
      {
        head,
        position,
        bytes: this.#context.streams.bytes,
        onEnd: () => {
          ignore()
          this.#writing.delete(head.address)
        },
      },
    )
    const ignore = onAbort(request.signal, (reason) => writing.abort(reason))
    // A cancel may come as soon as the head is seen.
    this.#writing.set(head.address, writing)
    await this.#announce(head)
    writing.observeState('open')
    return writing
  }

  /** Reads the head of a stream that may be cancelled; resolves with `null` when there is no such stream. */
  readHead(address: string): Promise<StreamHead | null> {
    return readStoredHead(this.#logs, address)
  }

  /** Cancels a stream: its writer is told, and the stream has ended five seconds later (P-SM-9). */
  cancel(address: string): void {
    // A reader that repeats its cancel must not cost the writer a frame each time.
    if (this.#cancels.cancel(address)) this.takeCancel(address)
  }

  /** Takes the word that a stream is cancelled, which any node may write. */
  takeCancel(address: string): void {
    this.#writing.get(address)?.abort(new ChatError('cancelled', 'the stream was cancelled'))
    if (this.#context.hasClientStreams) this.#cancelClient(address)
  }

  /** Called when a join of a stream was answered. */
  joined(feed: StreamFeed): void {
    this.#watch.joined(feed)
  }

  /** Called when a reader has got the end of a stream. */
  ended(address: string): void {
    this.#results.storeLater(address)
  }

  /** Called at each heartbeat. */
  beat(now: number): void {
    this.#watch.beat(now)
  }

  /**
   * Ends the streams that this node writes, and those that it has promised to end, because the hub closes
   * (P-ND-1). Resolves when their results are stored.
   */
  async close(): Promise<void> {
    const reason = new ChatError('unavailable', 'the hub was closed')
    const endings = [...this.#writing.values()].map((writing) => {
      const end = writing.finish({ state: 'failed', code: reason.code, message: reason.message })
      writing.abort(reason)
      return end
    })
    await Promise.allSettled([...endings, this.#cancels.close()])
  }

  /** Gives up everything that the backplane has not answered. */
  end(cause: unknown): void {
    this.clients.end()
    this.#results.end()
    this.#logs.end(cause)
  }

  /** Tells the client that writes a stream, if it is connected to this node. */
  #cancelClient(address: string): void {
    const id = readStreamAddress(address)?.id
    if (id === undefined) return
    const user = this.#cancelWriter(writerOf(id), address)
    if (user !== null) this.clients.cancelled(user, address)
  }

  #headOf({ parent, event, kind, data, from, meta }: StreamRequest, id: string): StreamHead {
    const address = streamAddress({ id, parent })
    return { id, parent, address, event, kind, data, from, meta: { ...meta, stream: true } }
  }

  async #appendHead(head: StreamHead, ref: number): Promise<Position> {
    const name = { session: this.#context.id, ref }
    const result = await this.#logs.append({
      address: head.address,
      message: headMessage(head),
      name,
      expected: null,
    })
    if ('at' in result && (result.outcome !== 'overtaken' || result.id === head.id))
      return [result.epoch, result.at, head.id]
    throw new ChatError('conflict', `unable to open a stream for ${head.parent}: its log is in use`)
  }

  async #announce(head: StreamHead): Promise<void> {
    try {
      await this.#logs.append({ address: head.parent, message: headMessage(head), name: headName(head.id) })
    } catch (error) {
      // The head may be stored, so its readers must learn of an end.
      const writing = this.#writing.get(head.address)
      writing?.abort(error)
      void writing?.finish({ state: 'failed', code: 'unavailable', message: 'the stream was not opened' })
      throw error
    }
  }
}
