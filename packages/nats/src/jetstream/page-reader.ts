import type { Runtime, Undo } from '@chat/core'
import type { Link } from '../connection/link.ts'
import { unavailable } from '../connection/unavailable.ts'
import type { NatsMessage } from '../nats-client.ts'
import { type ApiError, describeError, type JetStream, type StreamMessage } from './jetstream.ts'

/** The messages that a page reader fetches. */
export interface PageRequest {
  readonly stream: string
  readonly subject: string
  /** The sequence of the first message, or of a message before it. */
  readonly from: number
  /** Maximum number of messages. */
  readonly count: number
  /** Maximum size of all messages, in bytes. */
  readonly bytes: number
}

interface ConsumerAnswer {
  readonly error?: ApiError
  readonly name?: string
}

/** Consumers that a node has at once, at most. */
const maxConsumers = 8
/** Nanoseconds after which the server removes the consumer of a node that has gone. */
const inactiveThreshold = 5_000_000_000

/**
 * Reads many messages of a subject with three requests, over a consumer that lives as long as one page. The
 * server forgets it by itself when the node ends before it has deleted it.
 */
export class PageReader {
  readonly #link: Link
  readonly #jetstream: JetStream
  readonly #runtime: Runtime
  readonly #timeout: number
  readonly #waiting: (() => void)[] = []
  #consumers = 0
  #deleting: Promise<unknown> = Promise.resolve()

  constructor(link: Link, jetstream: JetStream, runtime: Runtime, timeout: number) {
    this.#link = link
    this.#jetstream = jetstream
    this.#runtime = runtime
    this.#timeout = timeout
  }

  /**
   * Reads messages in their order. May return fewer than asked for; returns no message when there is no message,
   * or when the first alone exceeds the bytes.
   */
  async read(request: PageRequest): Promise<StreamMessage[]> {
    await this.#enter()
    try {
      const name = await this.#create(request)
      try {
        return await this.#fetch(request, name)
      } finally {
        this.#delete(request.stream, name)
      }
    } finally {
      this.#leave()
    }
  }

  /** Resolves when the consumers of this node are deleted. */
  async settled(): Promise<void> {
    await this.#deleting
  }

  async #create({ stream, subject, from }: PageRequest): Promise<string> {
    const config = {
      deliver_policy: 'by_start_sequence',
      opt_start_seq: Math.max(1, from),
      ack_policy: 'none',
      filter_subject: subject,
      replay_policy: 'instant',
      inactive_threshold: inactiveThreshold,
      mem_storage: true,
      num_replicas: 1,
      max_waiting: 1,
    }
    const body = { stream_name: stream, config }
    const { name, error } = await this.#jetstream.call<ConsumerAnswer>(`CONSUMER.CREATE.${stream}`, body)
    if (name === undefined) throw unavailable('read a page', describeError(error))
    return name
  }

  #fetch({ stream, subject, count, bytes }: PageRequest, name: string): Promise<StreamMessage[]> {
    const inbox = `_INBOX.${this.#runtime.id(22)}`
    const messages: StreamMessage[] = []
    return new Promise((resolve, reject) => {
      const undos: Undo[] = []
      const settle = (act: () => void): void => {
        for (const undo of undos) undo()
        act()
      }
      undos.push(
        this.#link.listen(inbox, (message) => {
          const read = toStreamMessage(message, subject)
          if (read === null) return settle(() => resolve(messages))
          messages.push(read.message)
          if (messages.length >= count || read.pending === 0) settle(() => resolve(messages))
        }),
        this.#runtime.timer(this.#timeout, () =>
          settle(() => reject(unavailable('read a page', `no page within ${this.#timeout} ms`))),
        ),
      )
      try {
        const pull = JSON.stringify({ batch: count, max_bytes: bytes, no_wait: true })
        this.#link.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`, pull, inbox)
      } catch (error) {
        settle(() => reject(error))
      }
    })
  }

  #delete(stream: string, name: string): void {
    const deleted = this.#jetstream.call(`CONSUMER.DELETE.${stream}.${name}`).catch(() => {})
    this.#deleting = Promise.all([this.#deleting, deleted])
  }

  async #enter(): Promise<void> {
    if (this.#consumers < maxConsumers) this.#consumers++
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#consumers--
    else next()
  }
}

/**
 * Reads a message that a consumer has delivered; `null` for the end of the page. The subject of the answer
 * holds the sequence, the time and the number of messages that are left: `$JS.ACK.<stream>.<consumer>.
 * <deliveries>.<sequence>.<number>.<time>.<left>`, with a domain and an account before `<stream>` on some
 * servers.
 */
function toStreamMessage(
  { headers, reply, data }: NatsMessage,
  subject: string,
): { message: StreamMessage; pending: number } | null {
  if ((headers?.code ?? 0) !== 0 || reply === undefined) return null
  const parts = reply.split('.')
  const at = parts.length > 9 ? 6 : 4
  const [sequence, , time, pending] = parts.slice(at + 1)
  const message = {
    subject,
    sequence: Number(sequence),
    data: Buffer.from(data),
    time: Math.floor(Number(time) / 1_000_000),
  }
  return { message, pending: Number(pending) }
}
