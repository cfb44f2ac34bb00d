import type { Guard } from '../contract/guard.ts'
import { ChatError, UncertainError, UsageError } from '../errors.ts'
import { encodeFrame } from '../protocol/encode.ts'
import { parseMsg } from '../protocol/hub-frames.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { onAbort } from '../runtime/signal.ts'
import type { History, HistoryOptions, RequestOptions, Stored } from './client.ts'
import type { Message } from './events.ts'
import type { Operation } from './ledger.ts'
import type { Wire } from './wire.ts'

/** What distinguishes one operation from another. */
type Plan = Pick<Operation, 'publishes' | 'repeat'> & {
  frame(ref: number): string
  readonly signal: AbortSignal | undefined
  readonly timeout?: number
}

/**
 * What a client does that has an answer: sends, calls and reads as promises; and casts, which have none.
 *
 * @internal
 */
export class Calls {
  readonly #wire: Wire
  readonly #guard: Guard
  readonly #runtime: Runtime
  readonly #requestTimeout: number

  constructor(wire: Wire, guard: Guard, runtime: Runtime, requestTimeout: number) {
    this.#wire = wire
    this.#guard = guard
    this.#runtime = runtime
    this.#requestTimeout = requestTimeout
  }

  async send(
    address: string,
    event: string,
    data: unknown,
    signal: AbortSignal | undefined,
  ): Promise<Stored> {
    this.#guard.event(event, data)
    const tail = this.#encode(address, event, data)
    const frame = (ref: number): string => `["send",${ref},${tail}`
    const stored = await this.#operate({ publishes: true, repeat: 'same-ref', frame, signal })
    return stored as Stored
  }

  cast(address: string, event: string, data: unknown, key: string | undefined): void {
    this.#guard.event(event, data)
    this.#encode(address, event, data)
    this.#wire.cast(
      encodeFrame('cast', address, event, data ?? null, key === undefined ? undefined : { key }),
    )
  }

  async request(call: string, input: unknown, options: RequestOptions): Promise<unknown> {
    this.#guard.operation('calls', 'input', call, input)
    const tail = this.#encode(call, input)
    const result = await this.#operate({
      publishes: true,
      repeat: options.idempotent === true ? 'harmless' : 'never',
      frame: (ref) => `["call",${ref},${tail}`,
      signal: options.signal,
      timeout: options.timeout ?? this.#requestTimeout,
    })
    return this.#guard.operation('calls', 'output', call, result)
  }

  async history(address: string, options: HistoryOptions): Promise<History> {
    const { signal, ...range } = options
    const page = await this.#operate({
      publishes: false,
      repeat: 'harmless',
      frame: (ref) => encodeFrame('read', ref, address, range),
      signal,
      timeout: this.#requestTimeout,
    })
    return this.#page(page as History)
  }

  #page({ epoch, base, top, messages, more }: History): History {
    const parsed: Message[] = []
    for (const frame of messages as unknown as unknown[][]) {
      const { address, event, data, from, at, id } = parseMsg(frame)
      const session = from === null ? null : id.slice(0, id.lastIndexOf('.'))
      try {
        parsed.push({
          address,
          event,
          data: this.#guard.event(event, data),
          from,
          at,
          id,
          session,
          durable: true,
        })
      } catch (error) {
        this.#wire.fault(error, `${address} ${event}`)
      }
    }
    return { epoch, base, top, messages: parsed, more }
  }

  /** The elements of a frame behind its ref, as JSON. A frame that is too large is refused before it is queued. */
  #encode(...elements: unknown[]): string {
    let json: string
    try {
      json = encodeFrame(...elements.map((element) => element ?? null))
    } catch (cause) {
      throw new ChatError('bad_payload', 'unable to send: the data has no JSON form', { cause })
    }
    this.#wire.checkSize(json)
    return json.slice(1)
  }

  #operate({ publishes, repeat, frame, signal, timeout }: Plan): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#wire.status === 'closed')
        throw new UsageError('unable to do this: the client is closed; make a new one')
      const settle = (then: () => void): void => {
        ignore()
        cancel()
        then()
      }
      const operation: Operation = {
        publishes,
        repeat,
        counts: true,
        frame,
        resolve: (result) => settle(() => resolve(result)),
        reject: (error) => settle(() => reject(error)),
      }
      let cancel = (): void => {}
      let ignore = (): void => {}
      const give = (error: unknown): void => {
        const where = this.#wire.remove(operation)
        const unsure = where === 'written' && repeat === 'same-ref'
        const cause = { cause: error }
        settle(() =>
          reject(unsure ? new UncertainError('unable to tell whether it was stored: aborted', cause) : error),
        )
      }
      this.#wire.add(operation)
      ignore = onAbort(signal, give)
      if (timeout !== undefined)
        cancel = this.#runtime.timer(timeout, () =>
          give(new ChatError('timeout', 'unable to answer in time')),
        )
    })
  }
}
