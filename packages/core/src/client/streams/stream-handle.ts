import type { StreamPart } from '../../contract/stream.ts'
import { markRaw } from '../../runtime/mark-raw.ts'
import type { Undo } from '../../runtime/runtime.ts'
import { type StreamAddress, streamAddress } from '../../vocabulary/address.ts'
import type { ChatError } from '../../vocabulary/errors.ts'
import type { Message } from '../../vocabulary/message.ts'
import type { Meta } from '../../vocabulary/meta.ts'
import { checkFunction } from '../operations/checks.ts'
import type { ReaderState, StreamReader, StreamResult } from '../stream-reader.ts'
import type { AddressEvent, Receiver } from '../subscriptions/receiver.ts'
import type { Subscription } from '../subscriptions/subscription.ts'
import type { StreamValue } from './stream-value.ts'

/** State in which a reader has ended. */
type LastState = StreamResult['state']

/** Parts of a client that a reader of a stream uses. */
export interface StreamServices {
  /** The application reads the stream. */
  read(handle: StreamHandle): void
  /** The stream has ended for this client. */
  ended(handle: StreamHandle): void
  /** The hub refuses the stream, or has ended the subscription without the end of the stream. */
  refused(handle: StreamHandle, error: ChatError): void
  /** Asks the hub to end the stream. */
  cancel(handle: StreamHandle): Promise<void>
  /** Reports the error of a listener. */
  report(handle: StreamHandle, error: unknown): void
}

/** Implementation of {@link StreamReader}. It receives the messages of the stream's own log. */
export class StreamHandle implements StreamReader, Receiver {
  readonly id: string
  readonly address: string
  readonly parent: string
  readonly event: string
  from: string | null = null
  meta: Meta | null = null
  time: number | null = null
  restarted = 0
  /** Offset of the head in the log of the parent; 0 while it is not known. */
  at = 0
  /** `true` once listeners have this handle: the result then has no news for them. */
  announced = false
  /** Message by which listeners have this handle; `null` where there is none. */
  news: Message | null = null
  /** `true` once the result has come. */
  concluded = false
  /** `true` once the end of the stream's own log has come: the hub has then ended the subscription. */
  closed = false
  /** Subscription to the stream's own log, while there is one. */
  subscription: Subscription | null = null
  readonly #services: StreamServices
  readonly #value: StreamValue
  /** `true` once the application reads the stream. */
  #read = false
  /** `true` while the next part is the first of the log, and so repeats the beginning in the head. */
  #first = true
  /** `true` when a part could not be taken. */
  #spoilt = false
  /** `true` once the result has told the whole: no part is missing any more. */
  #whole = false
  /** State by the result, while more is to come from the stream's own log. */
  #told: LastState | null = null
  #end: StreamResult | null = null
  #resolve: (result: StreamResult) => void = () => {}
  readonly #result: Promise<StreamResult>
  readonly #listeners = new Set<{ readonly listener: () => void }>()
  /** Loops that wait for a change. */
  #waiting: (() => void)[] = []

  constructor(place: StreamAddress, event: string, parts: { services: StreamServices; value: StreamValue }) {
    this.id = place.id
    this.address = streamAddress(place)
    this.parent = place.parent
    this.event = event
    this.#services = parts.services
    this.#value = parts.value
    this.#result = new Promise((resolve) => {
      this.#resolve = resolve
    })
    markRaw(this)
  }

  get value(): StreamPart {
    return this.#value.whole
  }

  get state(): ReaderState {
    return this.#end?.state ?? this.#told ?? 'open'
  }

  /** `true` when nothing changes any more. */
  get settled(): boolean {
    return this.#end !== null
  }

  get result(): Promise<StreamResult> {
    this.#start()
    return this.#result
  }

  onChange(listener: () => void): Undo {
    checkFunction('listen to the changes of a stream', 'listener', listener)
    const entry = { listener }
    this.#listeners.add(entry)
    this.#start()
    return () => {
      this.#listeners.delete(entry)
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<StreamPart, undefined, undefined> {
    this.#start()
    let { restarted } = this
    for (let taken = 0; ; ) {
      if (restarted !== this.restarted) taken = 0
      restarted = this.restarted
      const part = this.#value.after(taken)
      taken += part.length
      if (part.length > 0) yield part
      else if (this.settled) return
      else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  cancel(): Promise<void> {
    return this.state === 'open' ? this.#services.cancel(this) : Promise.resolve()
  }

  leave(): void {
    this.settle('left', false)
  }

  /** Takes the head, as its message in the log of the parent tells it, with its beginning. */
  introduce(message: Message, data: unknown): void {
    this.#describe(message)
    this.at = message.position[1]
    if (this.#first && !this.settled) this.#replace(data)
  }

  /** Takes a part. Returns `false` for a part of the other kind. */
  add(data: unknown): boolean {
    if (this.settled || this.#whole) return true
    const added = this.#first ? this.#replace(data) : this.#value.add(data)
    this.#first = false
    this.#changed()
    return added
  }

  /** A part could not be taken, so the value is not complete. */
  spoil(): void {
    this.#spoilt = true
  }

  /** Takes the result. Its whole is `null` when that is too large for it (P-SM-7). */
  conclude(message: Message, { state, whole }: { readonly state: LastState; readonly whole: unknown }): void {
    this.concluded = true
    // The result was seen first.
    if (this.time === null) this.#describe(message)
    if (this.settled) return
    if (whole !== null) this.#whole = this.#replace(whole)
    // The end of the stream's own log has the last parts, and the reason of a failure.
    const waits = this.subscription !== null && (whole === null || state === 'failed')
    if (!waits) return this.settle(state, false)
    this.#told = state
    this.#changed()
  }

  /** Takes the end of the stream's own log. */
  close(state: LastState, error: ChatError | undefined): void {
    this.closed = true
    this.settle(state, true, error)
  }

  /** Ends the handle. `complete` is `true` when the value is whole. */
  settle(state: LastState, complete: boolean, error?: ChatError): void {
    if (this.settled) return
    this.#end = {
      state: this.#told ?? state,
      value: this.value,
      complete: (complete && !this.#spoilt) || this.#whole,
      error,
    }
    this.#resolve(this.#end)
    this.#services.ended(this)
    this.#changed()
  }

  hears(): boolean {
    return true
  }

  joined(): void {}

  /** Begins again after a gap: the hub cannot continue where this client is (P-SM-5). */
  receive(...[kind]: AddressEvent): void {
    if (kind !== 'gap') return
    this.subscription?.delivered.clear()
    if (this.#whole) return
    this.#value.clear()
    this.#first = true
    this.restarted++
    this.#changed()
  }

  left(error: ChatError): void {
    this.subscription = null
    this.#services.refused(this, error)
  }

  #describe({ from, meta, time }: Message): void {
    this.from = from
    this.meta = meta
    this.time = time
  }

  #start(): void {
    if (this.#read || this.settled) return
    this.#read = true
    this.#services.read(this)
  }

  #replace(data: unknown): boolean {
    this.#value.clear()
    return this.#value.add(data)
  }

  #changed(): void {
    for (const wake of this.#waiting.splice(0)) wake()
    for (const { listener } of [...this.#listeners])
      try {
        listener()
      } catch (error) {
        this.#services.report(this, error)
      }
  }
}
