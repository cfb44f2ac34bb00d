import { encodeFrame } from '../../protocol/encode.ts'
import { isRecord } from '../../protocol/fields.ts'
import { readStreamAddress, type StreamAddress, streamAddress } from '../../vocabulary/address.ts'
import { ChatError } from '../../vocabulary/errors.ts'
import type { Message } from '../../vocabulary/message.ts'
import { endEvent } from '../../vocabulary/message.ts'
import type { EndState } from '../../vocabulary/stream.ts'
import { hubError } from '../connection/close-error.ts'
import { checkName } from '../operations/checks.ts'
import type { StreamedCallOptions, StreamParent, StreamReading, WaitingMessage } from '../stream-reading.ts'
import type { Delivery } from '../types.ts'
import { StreamCalls } from './stream-calls.ts'
import { request, type StreamClient } from './stream-client.ts'
import { StreamHandle, type StreamServices } from './stream-handle.ts'
import { StreamJoins } from './stream-joins.ts'
import { StreamValue } from './stream-value.ts'

/** Maximum number of readers that are known while their results are not. */
const maxKnown = 1_000

const endStates: readonly string[] = ['done', 'cancelled', 'failed', 'lost'] satisfies EndState[]

/** All readers of streams of one client. */
export class StreamReaders implements StreamReading, StreamServices {
  readonly #client: StreamClient
  readonly #calls: StreamCalls
  readonly #joins: StreamJoins
  /** Readers by the addresses of their streams, until the result has come. */
  readonly #handles = new Map<string, StreamHandle>()

  constructor(client: StreamClient) {
    this.#client = client
    this.#calls = new StreamCalls(client)
    this.#joins = new StreamJoins(client, (message) => this.accept(message))
  }

  accept(received: Delivery): Delivery | null | undefined {
    const taken = this.#take(received)
    this.#joins.progress(received.address)
    return taken
  }

  underWay({ address, position }: StreamParent): WaitingMessage[] {
    return [...this.#handles.values()].flatMap(({ parent, news, state }): WaitingMessage[] =>
      parent === address && news !== null && state !== 'left' ? [[['message', news], position]] : [],
    )
  }

  answer(call: string, result: unknown): unknown {
    const { validator } = this.#client.context
    const place = typeof result === 'string' ? readStreamAddress(result) : null
    if (place === null && validator.stream(call) !== null)
      throw new ChatError('bad_payload', `unable to read the answer to '${call}': it is no stream`)
    if (place === null || (validator.strict && validator.stream(call) === null)) return undefined
    const handle = this.#handleOf(place, call)
    handle.announced = true
    return handle
  }

  call(call: string, input: unknown, options: StreamedCallOptions | undefined): Promise<unknown> {
    const { context, operations } = this.#client
    if (context.validator.stream(call) === null) return operations.call(call, input, options)
    return this.#calls.run(options, (written) => operations.call(call, input, options, written))
  }

  left(parent: string): void {
    const error = new ChatError('closed', 'unable to read: the room was left')
    for (const handle of [...this.#handles.values()]) if (handle.parent === parent) this.#end(handle, error)
  }

  end(error: ChatError): void {
    this.#calls.end(error)
    for (const handle of [...this.#handles.values()]) this.#end(handle, error)
  }

  read(handle: StreamHandle): void {
    this.#joins.read(handle)
  }

  refused(handle: StreamHandle, error: ChatError): void {
    this.#joins.refused(handle, error)
  }

  ended(handle: StreamHandle): void {
    this.#joins.release(handle, handle.closed)
    this.#forget(handle)
  }

  cancel({ address }: StreamHandle): Promise<void> {
    const frame = (ref: number): string => encodeFrame('cancel', ref, address)
    return request(this.#client, `cancel ${address}`, { repeat: 'never', frame }) as Promise<void>
  }

  report({ address, event }: StreamHandle, error: unknown): void {
    this.#client.context.reportError(error, `${address} ${event}`)
  }

  #take(received: Delivery): Delivery | null | undefined {
    const { address, meta, durable } = received
    if (address.startsWith('^')) {
      if (durable) this.#takePart(received)
      return null
    }
    const { validator } = this.#client.context
    // An event that the contract knows as a message stays one, whatever its meta says.
    if (!durable || (validator.strict && validator.stream(received.event) === null)) return undefined
    if (meta?.['stream'] === true) return this.#takeHead(received)
    const [of, end] = [meta?.['of'], meta?.['end']]
    if (typeof of === 'string' && typeof end === 'string') return this.#takeResult(received, of, end)
    return undefined
  }

  /** Takes a message of a stream's own log. */
  #takePart({ address, event, data }: Message): void {
    const handle = this.#handles.get(address)
    if (handle === undefined) return
    if (event === endEvent) return this.#takeEnd(handle, data)
    try {
      const part = this.#client.context.validator.event(handle.event, data)
      if (!handle.add(part)) throw wrongKind(handle.event)
    } catch (error) {
      handle.spoil()
      this.report(handle, error)
    }
  }

  #takeEnd(handle: StreamHandle, data: unknown): void {
    const { state, code, message } = isRecord(data) ? data : {}
    const error = typeof code === 'string' ? hubError(code, String(message ?? '')) : undefined
    handle.close(readState(state), error)
  }

  #takeHead(message: Message): Message | null {
    const { address, event, id, meta } = message
    const data = this.#client.context.validator.event(event, message.data)
    if (typeof data !== 'string' && !Array.isArray(data)) throw wrongKind(event)
    const handle = this.#handleOf({ id, parent: address }, event)
    handle.introduce(message, data)
    const call = meta?.['call']
    handle.announced = true
    if (typeof call === 'string' && this.#calls.answer(call, handle)) return null
    handle.news = { ...message, data: handle }
    return handle.news
  }

  #takeResult(message: Message, of: string, end: string): Message | null {
    const { address, event } = message
    const handle = this.#handleOf({ id: of, parent: address }, event)
    const { announced } = handle
    handle.announced = true
    handle.conclude(message, { state: readState(end), whole: this.#readWhole(handle, message.data) })
    this.#forget(handle)
    return announced ? null : { ...message, data: handle }
  }

  /** Returns the whole of a result; `null` for a whole that the result does not have, or that does not fit. */
  #readWhole(handle: StreamHandle, data: unknown): unknown {
    if (data === null) return null
    try {
      return this.#client.context.validator.event(handle.event, data)
    } catch (error) {
      handle.spoil()
      this.report(handle, error)
      return null
    }
  }

  #handleOf(place: StreamAddress, event: string): StreamHandle {
    checkName(event)
    const address = streamAddress(place)
    let handle = this.#handles.get(address)
    if (handle === undefined) {
      handle = new StreamHandle(place, event, { services: this, value: new StreamValue() })
      this.#handles.set(address, handle)
      this.#bound()
    }
    return handle
  }

  #end(handle: StreamHandle, error: ChatError): void {
    this.#handles.delete(handle.address)
    handle.settle('left', false, error)
  }

  /** Forgets a reader when nothing about its stream can come any more. */
  #forget(handle: StreamHandle): void {
    if (handle.settled && handle.concluded) this.#handles.delete(handle.address)
  }

  /** Forgets the oldest reader that nobody reads, when there are too many. */
  #bound(): void {
    if (this.#handles.size <= maxKnown) return
    for (const [address, { subscription }] of this.#handles)
      if (subscription === null) {
        this.#handles.delete(address)
        return
      }
  }
}

/** An unknown state means `failed` (P-SM-6). */
const readState = (state: unknown): EndState =>
  endStates.includes(state as string) ? (state as EndState) : 'failed'

const wrongKind = (event: string): ChatError =>
  new ChatError('bad_payload', `unable to read the stream '${event}': a part is of the wrong kind`)
