import { PartQueue } from '../../contract/part-queue.ts'
import { type PartSource, readSource, type SourceReader } from '../../contract/part-source.ts'
import type { StreamKind } from '../../contract/stream.ts'
import { streamKindOf } from '../../contract/stream-kind.ts'
import { checkCarried } from '../../protocol/carried.ts'
import { isRecord } from '../../protocol/fields.ts'
import { markRaw } from '../../runtime/mark-raw.ts'
import { type Aborter, abortion, createAborter, onAbort, untilAborted } from '../../runtime/signal.ts'
import { streamAddress } from '../../vocabulary/address.ts'
import { describe } from '../../vocabulary/check-options.ts'
import { ChatError, isWireCode, UncertainError } from '../../vocabulary/errors.ts'
import type { JsonText } from '../../vocabulary/json-text.ts'
import { endEvent } from '../../vocabulary/message.ts'
import type { Meta } from '../../vocabulary/meta.ts'
import type { EndState } from '../../vocabulary/stream.ts'
import { isWellFormed } from '../../vocabulary/text.ts'
import type { ClientContext } from '../context.ts'
import type { ClientStreamEnd, ClientStreamWriter } from '../stream-sender.ts'
import type { RoomServices } from '../subscriptions/room.ts'
import { request } from './stream-client.ts'

/** Characters of parts that a pipe lets wait for the hub. */
const aheadSize = 65_536
/** Maximum size of parts that are joined, in bytes. */
const joinedBytes = 32_768
/** Maximum size of a frame besides the parts in it, in bytes. */
const frameOverhead = 600

/** An entry of a stream on its way to the hub. */
interface SentEntry {
  readonly address: string
  readonly event: string
  readonly json: JsonText
  readonly meta?: Meta | undefined
}

/** A stream whose head is stored. */
interface OpenedStream {
  readonly id: string
  readonly parent: string
  readonly event: string
  readonly kind: StreamKind
  readonly signal: AbortSignal | undefined
}

/** The end that the application wants. */
interface WantedEnd {
  readonly state: EndState
  readonly code?: string
  readonly message?: string
}

/** Sends an entry of a stream, as any message is sent, and resolves with the hub's answer. */
export async function sendEntry(
  services: RoomServices,
  { address, event, json, meta }: SentEntry,
): Promise<unknown> {
  const facts = meta === undefined ? ']' : `,${JSON.stringify(meta)}]`
  const tail = `${JSON.stringify(address)},${JSON.stringify(event)},${json}${facts}`
  services.writer.checkSize(tail)
  const frame = (ref: number): string => `["send",${ref},${tail}`
  return request(services, `write ${address}`, { publishes: true, repeat: 'same-ref', address, frame })
}

/**
 * Encodes a part.
 *
 * @throws ChatError `bad_payload` for a part of another kind, that JSON does not carry, or that the contract does not
 * accept.
 */
export function encodePart(
  { validator }: ClientContext,
  { event, kind }: { readonly event: string; readonly kind: StreamKind | null },
  part: unknown,
): JsonText {
  const declared = validator.stream(event)?.kind ?? kind
  if (kind === null || kind !== declared || streamKindOf(part) !== kind)
    throw new ChatError(
      'bad_payload',
      `unable to write: a part of '${event}' must be ${declared === 'list' ? 'an array of items' : 'a string'}, but is ${describe(part)}`,
    )
  if (typeof part === 'string' && !isWellFormed(part))
    throw new ChatError('bad_payload', 'unable to write: the text cuts a character in two')
  validator.event(event, part)
  checkCarried('write', part)
  return JSON.stringify(part)
}

/** Implementation of {@link ClientStreamWriter}. It has one part at a time on its way to the hub (P-SM-12). */
export class StreamSending implements ClientStreamWriter<unknown> {
  readonly id: string
  readonly address: string
  readonly event: string
  readonly #services: RoomServices
  readonly #kind: StreamKind
  readonly #aborter: Aborter = createAborter()
  readonly #parts: PartQueue
  readonly #forget: () => void
  #busy = false
  /** The end that the application wants; the first stands. */
  #wanted: WantedEnd | null = null
  #over = false
  readonly #ended: Promise<ClientStreamEnd>
  #resolve: (end: ClientStreamEnd) => void = () => {}
  #reject: (error: unknown) => void = () => {}

  constructor(services: RoomServices, { id, parent, event, kind, signal }: OpenedStream) {
    markRaw(this)
    this.id = id
    this.address = streamAddress({ id, parent })
    this.event = event
    this.#services = services
    this.#kind = kind
    this.#parts = new PartQueue(kind)
    this.#ended = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // The end of a client must not end the process for a stream whose end nothing awaits.
    this.#ended.catch(() => {})
    const { context } = services
    const writings = context.writings ?? new Map<unknown, () => void>()
    context.writings = writings
    writings.set(this.address, () =>
      this.#aborter.abort(new ChatError('cancelled', 'the stream was cancelled')),
    )
    const ignore = onAbort(signal, (reason) => this.#aborter.abort(reason))
    this.#forget = () => {
      ignore()
      writings.delete(this.address)
    }
  }

  get signal(): AbortSignal {
    return this.#aborter.signal
  }

  write(part: unknown): Promise<void> {
    const stored = new Promise<void>((resolve, reject) => {
      const json = this.#take(part)
      this.#parts.add({ json, resolve, reject })
    })
    // A cancel must not end the process for a part that nothing awaits.
    stored.catch(() => {})
    this.#pump()
    return stored
  }

  async end(): Promise<void> {
    const { state, error } = await this.#finish({ state: 'done' })
    if (state !== 'done') throw error ?? ended(state)
  }

  async fail(error: unknown): Promise<void> {
    await this.#fail(error)
  }

  async cancel(): Promise<void> {
    await this.#finish({ state: 'cancelled' })
  }

  async pipe(source: PartSource<unknown>): Promise<ClientStreamEnd> {
    const reader = readSource(source)
    try {
      await this.#writeAll(reader)
    } catch (error) {
      const aborted = abortion(this.signal)
      reader.stop(aborted?.reason ?? error)
      return aborted === null ? this.#fail(error) : this.#finish({ state: 'cancelled' })
    }
    return this.#finish({ state: 'done' })
  }

  async #writeAll(reader: SourceReader): Promise<void> {
    for (;;) {
      const { done, value } = await untilAborted(this.signal, reader.next())
      if (done === true) return
      const stored = this.write(value)
      // A part that is refused here says so at once.
      if (this.#parts.size > aheadSize) await untilAborted(this.signal, stored)
      else await Promise.race([stored, undefined])
    }
  }

  #take(part: unknown): JsonText {
    if (this.#over || this.#wanted !== null) throw ended(this.#wanted?.state)
    const { writer, context } = this.#services
    const json = encodePart(context, { event: this.event, kind: this.#kind }, part)
    writer.checkSize(`"${this.address}","${this.event}",${json}]`)
    return json
  }

  #fail(error: unknown): Promise<ClientStreamEnd> {
    if (this.#wanted !== null || this.#over) return this.#ended
    if (error instanceof ChatError && isWireCode(error.code)) {
      const { code, message } = error
      return this.#finish({ state: 'failed', code, message: message.slice(0, 1_000) })
    }
    this.#services.context.reportError(error, `${this.address} ${this.event}`)
    return this.#finish({
      state: 'failed',
      code: 'internal',
      message: 'unable to go on: the writer has failed',
    })
  }

  #finish(end: WantedEnd): Promise<ClientStreamEnd> {
    this.#wanted ??= end
    this.#pump()
    return this.#ended
  }

  #pump(): void {
    if (this.#busy || this.#over) return
    this.#busy = true
    this.#work().then(
      () => {
        this.#busy = false
        // A part may have come after the last look.
        if (this.#parts.size > 0 || this.#wanted !== null) this.#pump()
      },
      (error) => this.#refused(error),
    )
  }

  async #work(): Promise<void> {
    const take = () =>
      this.#parts.take(Math.min(joinedBytes, this.#services.writer.frameBytes - frameOverhead))
    for (let batch = take(); batch !== null; batch = take()) {
      const { data, parts } = batch
      try {
        await this.#send(this.event, data)
      } catch (error) {
        for (const part of parts) part.reject(error)
        throw error
      }
      for (const part of parts) part.resolve()
    }
    if (this.#wanted === null) return
    await this.#send(endEvent, JSON.stringify(this.#wanted))
    this.#close(endOf(this.#wanted), ended(this.#wanted.state))
  }

  #send(event: string, json: JsonText): Promise<unknown> {
    return sendEntry(this.#services, { address: this.address, event, json })
  }

  /** The writing has ended with an error: the hub has ended the stream, or no answer has come. */
  #refused(error: unknown): void {
    const state = this.#stateAfter(error)
    if (state !== null)
      return this.#close({ state, error: state === 'failed' ? (error as ChatError) : undefined }, error)
    this.#close(null, error)
    // The session may live on, and with it the stream, whose readers would wait for ever.
    const end = { state: 'failed', code: 'unavailable', message: 'unable to go on: no answer came' }
    if (error instanceof UncertainError || isFull(error))
      this.#send(endEvent, JSON.stringify(end)).catch(() => {})
  }

  /** Returns the state in which an error of the hub has ended the stream; `null` where that is not known. */
  #stateAfter(error: unknown): EndState | null {
    if (!(error instanceof ChatError) || error instanceof UncertainError || local.includes(error.code))
      return null
    const { code, detail } = error
    // The session is another: only its own streams are ended for an error.
    if (!this.id.startsWith(`${this.#services.context.session}.`)) return 'lost'
    if (code !== 'conflict') return code === 'not_found' ? 'lost' : 'failed'
    const state = isRecord(detail) ? detail['state'] : undefined
    return typeof state === 'string' ? (state as EndState) : 'lost'
  }

  /** Stops the writing. */
  #close(end: ClientStreamEnd | null, reason: unknown): void {
    this.#over = true
    this.#parts.reject(reason)
    this.#forget()
    this.#aborter.abort(reason)
    if (end === null) this.#reject(reason)
    else this.#resolve(end)
  }
}

/** Codes of errors that this client has made: the hub has ended no stream for them. */
const local: readonly string[] = ['closed', 'usage', 'full']

const isFull = (error: unknown): boolean => error instanceof ChatError && error.code === 'full'

/** Returns the end that the application has written. */
function endOf({ state, code, message }: WantedEnd): ClientStreamEnd {
  return {
    state,
    error: code === undefined ? undefined : new ChatError(code as ChatError['code'], message ?? ''),
  }
}

const ended = (state?: string): ChatError =>
  new ChatError('conflict', 'unable to write: the stream has ended', { detail: state && { state } })
