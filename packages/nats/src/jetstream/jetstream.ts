import { ChatError } from '@chat/core'
import type { Link } from '../connection/link.ts'
import { unavailable } from '../connection/unavailable.ts'
import type { NatsMessage } from '../nats-client.ts'

/** A message as a stream keeps it. */
export interface StreamMessage {
  readonly subject: string
  readonly sequence: number
  readonly data: Buffer
  /** The time at which the server stored it, in milliseconds since 1970; 0 when it is unknown. */
  readonly time: number
}

/** The error of an answer of JetStream. */
export interface ApiError {
  readonly code: number
  readonly err_code?: number
  readonly description: string
}

interface MessageAnswer {
  readonly error?: ApiError
  readonly message?: { subject: string; seq: number; data?: string; time: string }
}

interface PublishAnswer {
  readonly error?: ApiError
  readonly seq?: number
}

/** Codes of the errors of JetStream that have a meaning here. */
export const apiCodes = {
  streamNotFound: 10_059,
  messageNotFound: 10_037,
  wrongSequence: 10_071,
  wrongSequenceOfSubject: 10_164,
  notEnabled: 10_076,
  notEnabledForAccount: 10_039,
  tooLarge: 10_054,
  nameInUse: 10_058,
  insufficientStorage: 10_047,
  insufficientResources: 10_023,
  noSuitablePeers: 10_005,
  replicasNotSupported: 10_074,
  overlaps: 10_065,
} as const

/** The part of JetStream's API that the backplane uses: one request for each function. */
export class JetStream {
  readonly #link: Link
  /** Called when a stream does not answer although the connection is there. */
  onDoubt: () => void = () => {}

  constructor(link: Link) {
    this.#link = link
  }

  /** Sends a request of the API. Resolves with its answer, which may have an `error`. */
  async call<T extends { readonly error?: ApiError }>(name: string, body?: unknown): Promise<T> {
    return parse<T>(await this.#ask(`$JS.API.${name}`, body === undefined ? '' : JSON.stringify(body)))
  }

  /** Reads the newest message of a subject; `null` when it has none. */
  last(stream: string, subject: string): Promise<StreamMessage | null> {
    return this.#get(stream, { last_by_subj: subject })
  }

  /** Reads the first message of a subject at or after a sequence; `null` when there is none. */
  next(stream: string, subject: string, sequence: number): Promise<StreamMessage | null> {
    return this.#get(stream, { seq: Math.max(1, sequence), next_by_subj: subject })
  }

  /** Reads the message of a sequence; `null` when it is no longer kept. */
  at(stream: string, sequence: number): Promise<StreamMessage | null> {
    return this.#get(stream, { seq: sequence })
  }

  /**
   * Stores a message if the newest message of its subject has the sequence `expected` (0: there is none).
   * Resolves with its sequence, or with `null` when another message was there first.
   */
  async publish(
    subject: string,
    payload: Uint8Array | string,
    expected: number | null,
  ): Promise<number | null> {
    const headers =
      expected === null ? undefined : { 'Nats-Expected-Last-Subject-Sequence': String(expected) }
    const { error, seq } = parse<PublishAnswer>(await this.#ask(subject, payload, headers))
    if (error === undefined && seq !== undefined) return seq
    const code = error?.err_code
    if (code === apiCodes.wrongSequence || code === apiCodes.wrongSequenceOfSubject) return null
    if (code === apiCodes.tooLarge)
      throw new ChatError('too_large', 'unable to store a message: it is too large')
    throw this.#refused('store a message', error)
  }

  /** Removes a message and overwrites its bytes. A message that is not there is no error. */
  async erase(stream: string, sequence: number): Promise<void> {
    const { error } = await this.call(`STREAM.MSG.DELETE.${stream}`, { seq: sequence, no_erase: false })
    // Servers have several codes for a message that is not there.
    if (error !== undefined && (await this.at(stream, sequence)) !== null)
      throw this.#refused('erase a message', error)
  }

  async #get(stream: string, which: object): Promise<StreamMessage | null> {
    const { error, message } = await this.call<MessageAnswer>(`STREAM.MSG.GET.${stream}`, which)
    if (message !== undefined)
      return {
        subject: message.subject,
        sequence: message.seq,
        data: Buffer.from(message.data ?? '', 'base64'),
        time: Date.parse(message.time),
      }
    if (error?.err_code === apiCodes.messageNotFound) return null
    throw this.#refused('read a message', error)
  }

  async #ask(
    subject: string,
    payload: Uint8Array | string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<NatsMessage> {
    try {
      return await this.#link.request(subject, payload, headers)
    } catch (error) {
      if (this.#link.connected) this.onDoubt()
      throw error
    }
  }

  #refused(operation: string, error: ApiError | undefined): ChatError {
    if (error === undefined || error.code >= 500 || error.err_code === apiCodes.streamNotFound) this.onDoubt()
    return unavailable(operation, describeError(error))
  }
}

/** Returns the text of an error of JetStream. */
export const describeError = (error: ApiError | undefined): string =>
  error === undefined
    ? 'JetStream gave an answer that is not understood'
    : `JetStream answers '${error.description}' (${error.err_code ?? error.code})`

const parse = <T>({ data }: NatsMessage): T => JSON.parse(Buffer.from(data).toString()) as T
