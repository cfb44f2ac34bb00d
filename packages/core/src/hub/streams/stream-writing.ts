import type { AppendResult, NewMessage } from '../../backplane/backplane.ts'
import { type PartBatch, PartQueue } from '../../contract/part-queue.ts'
import { type PartSource, readSource, type SourceReader } from '../../contract/part-source.ts'
import { streamKindOf } from '../../contract/stream-kind.ts'
import { checkCarried } from '../../protocol/carried.ts'
import { encodeValue } from '../../protocol/json.ts'
import { answerBytes, joinedBytes, streamEntryBytes } from '../../protocol/limits.ts'
import { type Aborter, abortion, createAborter, untilAborted } from '../../runtime/signal.ts'
import { describe } from '../../vocabulary/check-options.ts'
import { ChatError } from '../../vocabulary/errors.ts'
import type { JsonText } from '../../vocabulary/json-text.ts'
import { endEvent } from '../../vocabulary/message.ts'
import type { Position, Stored } from '../../vocabulary/position.ts'
import { exceedsBytes, isWellFormed, utf8Length } from '../../vocabulary/text.ts'
import type { HubContext } from '../context.ts'
import { readTop } from './stored-stream.ts'
import { encodeEnd, type StoredEnd } from './stream-end.ts'
import type { StreamEnd, StreamEnds } from './stream-ends.ts'
import type { StreamHead } from './stream-head.ts'
import type { StreamLogs } from './stream-logs.ts'
import type { StreamWriter } from './stream-writer.ts'

/** Characters of parts that a pipe lets wait for the log. */
const aheadSize = 65_536
/** Parts after which a pipe lets other work go first. */
const partsPerTurn = 64

/** The services of a {@link StreamWriting}. */
export interface WritingServices {
  readonly context: HubContext
  readonly logs: StreamLogs
  readonly ends: StreamEnds
}

/** A stream that is about to be written. */
export interface OpenedStream {
  readonly head: StreamHead
  /** The position of the head in the log of the stream. */
  readonly position: Position
  /** Maximum bytes of the stream. */
  readonly bytes: number
  /** Called when the stream has ended. */
  readonly onEnd: () => void
}

/** The outcome of an append of the writer: the place of the entry, or the reason why there is none. */
type Outcome = { readonly position: Position } | { readonly refused: 'conflict' | 'not_found' }

/** The writer of one stream on this node. It has one append open at a time (P-SM-3). */
export class StreamWriting implements StreamWriter<unknown> {
  readonly #services: WritingServices
  readonly #head: StreamHead
  readonly #onEnd: () => void
  readonly #aborter: Aborter = createAborter()
  readonly #parts: PartQueue
  /** Bytes that may still be written. */
  #left: number
  #position: Position
  /** Time at which the writing began, the parts since then, and their bytes: for the observer. */
  readonly #since: number
  #stored = 0
  #bytes: number
  #busy = false
  /** The end that the writer wants; the first stands. */
  #wanted: StoredEnd | null = null
  #over = false
  readonly #ended: Promise<StreamEnd>
  #resolve: (end: StreamEnd) => void = () => {}
  #reject: (error: unknown) => void = () => {}

  constructor(services: WritingServices, { head, position, bytes, onEnd }: OpenedStream) {
    this.#services = services
    this.#head = head
    this.#position = position
    this.#onEnd = onEnd
    this.#parts = new PartQueue(head.kind)
    this.#bytes = utf8Length(head.data)
    this.#left = bytes - this.#bytes - streamEntryBytes
    this.#since = services.context.observedSince
    this.#ended = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // A close of the hub must not end the process for a stream whose end nothing awaits.
    this.#ended.catch(() => {})
  }

  get id(): string {
    return this.#head.id
  }

  get address(): string {
    return this.#head.address
  }

  get event(): string {
    return this.#head.event
  }

  get signal(): AbortSignal {
    return this.#aborter.signal
  }

  write(part: unknown): Promise<void> {
    const stored = new Promise<void>((resolve) => resolve(this.#enqueue(part)))
    // A cancel must not end the process for a part that nothing awaits.
    stored.catch(() => {})
    return stored
  }

  async end(): Promise<Stored> {
    const { state, stored } = await this.finish({ state: 'done' })
    if (stored === null) throw gone()
    if (state !== 'done') throw ended(state)
    return stored
  }

  async fail(error: unknown): Promise<void> {
    await this.#fail(error)
  }

  async cancel(): Promise<void> {
    await this.finish({ state: 'cancelled' })
  }

  async pipe(source: PartSource<unknown>): Promise<StreamEnd> {
    return this.pipeFrom(readSource(source))
  }

  /** Writes all parts of a source that is read already, as {@link StreamWriting.pipe} does. */
  async pipeFrom(reader: SourceReader): Promise<StreamEnd> {
    try {
      await this.#writeAll(reader)
    } catch (error) {
      const aborted = abortion(this.signal)
      reader.stop(aborted?.reason ?? error)
      return aborted === null ? this.#fail(error) : this.finish({ state: 'cancelled' })
    }
    return this.finish({ state: 'done' })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cancel()
  }

  /** Aborts the signal: the writing is to end (P-SM-9). */
  abort(reason: unknown): void {
    this.#aborter.abort(reason)
  }

  /** Ends the stream after all parts. Resolves with the end that stands, which may be an earlier one. */
  finish(end: StoredEnd): Promise<StreamEnd> {
    this.#wanted ??= end
    this.#pump()
    return this.#ended
  }

  #fail(error: unknown): Promise<StreamEnd> {
    if (this.#wanted !== null || this.#over) return this.#ended
    const { code, message } = this.#services.context.wireError(error, {
      source: 'handler',
      subject: this.#head.event,
    })
    return this.finish({ state: 'failed', code, message })
  }

  async #writeAll(reader: SourceReader): Promise<void> {
    for (let count = 1; ; count++) {
      const { done, value } = await untilAborted(this.signal, reader.next())
      if (done === true) return
      const stored = this.#enqueue(value)
      if (this.#parts.size > aheadSize) await untilAborted(this.signal, stored)
      if (count % partsPerTurn === 0) await this.#nextTurn()
    }
  }

  /** Adds a part, and returns the promise that it is stored. */
  #enqueue(part: unknown): Promise<void> {
    const json = this.#take(part)
    const stored = new Promise<void>((resolve, reject) => this.#parts.add({ json, resolve, reject }))
    stored.catch(() => {})
    this.#pump()
    return stored
  }

  #nextTurn(): Promise<void> {
    return new Promise((resolve) => this.#services.context.runtime.timer(0, resolve))
  }

  /** Checks a part, and returns it as JSON. */
  #take(part: unknown): JsonText {
    const { kind, event } = this.#head
    if (this.#over || this.#wanted !== null) throw ended(this.#wanted?.state)
    if (streamKindOf(part) !== kind)
      throw badPart(
        `a part of '${event}' must be ${kind === 'text' ? 'a string' : 'an array of items'}`,
        part,
      )
    const { validator } = this.#services.context
    // Of a text, a contract says nothing but that it is one.
    if (kind === 'list' && validator.strict) validator.event(event, part)
    const json = encodePart(part)
    const bytes = utf8Length(json) + streamEntryBytes
    if (bytes > this.#left)
      throw new ChatError(
        'too_large',
        `unable to write to '${event}': the stream has reached its size; raise streams.bytes of the hub`,
      )
    this.#left -= bytes
    return json
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
      (error) => this.#giveUp(error),
    )
  }

  async #work(): Promise<void> {
    for (let batch = this.#parts.take(joinedBytes); batch !== null; batch = this.#parts.take(joinedBytes)) {
      const since = this.#services.context.observedSince
      const outcome = await this.#tryAppend(this.#head.event, batch.data, batch.parts)
      if ('refused' in outcome) {
        for (const part of batch.parts) part.reject(refusal(outcome.refused))
        return this.#superseded(outcome.refused)
      }
      for (const part of batch.parts) part.resolve()
      this.#observeParts(batch, since)
    }
    if (this.#wanted !== null) await this.#storeEnd(this.#wanted)
  }

  async #storeEnd(end: StoredEnd): Promise<void> {
    const outcome = await this.#append(endEvent, encodeEnd(end))
    if ('refused' in outcome) return this.#superseded(outcome.refused)
    this.observeState(end.state)
    await this.#settle(end.state)
  }

  /** Shows the observer that the stream was opened, or has ended. */
  observeState(state: 'open' | StoredEnd['state']): void {
    const { observe, runtime } = this.#services.context
    if (observe === null) return
    const { address, event } = this.#head
    const took = state === 'open' ? 0 : runtime.now() - this.#since
    observe({ type: 'stream', address, event, state, parts: this.#stored, bytes: this.#bytes, took })
  }

  #observeParts({ data, parts }: PartBatch, since: number): void {
    const { observe, runtime } = this.#services.context
    if (observe === null) return
    const { address, event } = this.#head
    const bytes = utf8Length(data)
    this.#stored += parts.length
    this.#bytes += bytes
    observe({ type: 'part', address, event, parts: parts.length, bytes, took: runtime.now() - since })
  }

  /** Another hub has ended the stream, or entries are lost, or all is gone (P-SM-3). */
  async #superseded(refused: 'conflict' | 'not_found'): Promise<void> {
    this.#close(refusal(refused))
    await this.#settle('lost')
  }

  /** Makes sure of the result, and resolves with the end that stands. */
  async #settle(state: 'lost' | StoredEnd['state']): Promise<void> {
    this.#close(ended(state))
    const end = await this.#services.ends.end(this.#head.address, { state })
    if (end === null) return this.#resolve({ state: 'lost', stored: null })
    const { code = 'internal', message = 'the stream has failed' } = end
    const error = end.state === 'failed' ? { error: new ChatError(code, message) } : {}
    this.#resolve({ state: end.state, ...error, stored: end.stored })
  }

  /** Stops the writing: nothing more is appended. */
  #close(reason: ChatError): void {
    if (this.#over) return
    this.#over = true
    this.#parts.reject(reason)
    this.#onEnd()
    this.#aborter.abort(reason)
  }

  #giveUp(error: unknown): void {
    this.#close(error as ChatError)
    this.#reject(error)
  }

  /** Appends a batch; rejects its parts when the outcome is not known. */
  async #tryAppend(
    event: string,
    data: JsonText,
    parts: readonly { reject(error: unknown): void }[],
  ): Promise<Outcome> {
    try {
      return await this.#append(event, data)
    } catch (error) {
      for (const part of parts) part.reject(error)
      throw error
    }
  }

  async #append(event: string, data: JsonText): Promise<Outcome> {
    const { context, logs } = this.#services
    const { address, from } = this.#head
    const ref = context.nextMessageNumber()
    const keep = event === endEvent ? context.streams.keep : undefined
    const message: NewMessage = { event, data, meta: null, from, id: `${context.id}.${ref}`, keep }
    const name = { session: context.id, ref }
    const result = await logs.append({ address, message, name, expected: this.#position })
    const outcome = placeOf(result, message.id) ?? (await this.#lookUp(message.id))
    if ('position' in outcome) this.#position = outcome.position
    return outcome
  }

  /** Looks in the log for the outcome of an append. */
  async #lookUp(id: string): Promise<Outcome> {
    const top = await readTop(this.#services.logs, this.#head.address)
    if (top === null) return { refused: 'not_found' }
    return top.position[2] === id ? { position: top.position } : { refused: 'conflict' }
  }
}

/** Returns the outcome that an answer of the log tells; `null` when it does not tell. */
function placeOf(result: AppendResult, id: string): Outcome | null {
  if (result.outcome === 'conflict' || result.outcome === 'early') return null
  const { epoch, at } = result
  if (result.outcome !== 'overtaken' || result.id === id) return { position: [epoch, at, id] }
  return { refused: at === 0 ? 'not_found' : 'conflict' }
}

/**
 * Encodes a part.
 *
 * @throws ChatError `bad_payload` for a part that JSON does not carry, or a text that is not well-formed; `too_large`
 * above 300 KiB.
 */
function encodePart(part: unknown): JsonText {
  if (typeof part === 'string' && !isWellFormed(part)) throw badPart('the text cuts a character in two', part)
  checkCarried('write', part)
  const json = encodeValue(part)
  if (exceedsBytes(json, answerBytes))
    throw new ChatError('too_large', `unable to write: a part is over ${answerBytes} bytes`)
  return json
}

const badPart = (rule: string, part: unknown): ChatError =>
  new ChatError('bad_payload', `unable to write: ${rule}, but is ${describe(part)}`)

const ended = (state?: string): ChatError =>
  new ChatError('conflict', 'unable to write: the stream has ended', { detail: state && { state } })

const gone = (): ChatError => new ChatError('not_found', 'unable to write: the stream is gone')

const refusal = (code: 'conflict' | 'not_found'): ChatError => (code === 'conflict' ? ended() : gone())
