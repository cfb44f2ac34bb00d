import type { Validator } from '../../contract/validator.ts'
import { encodeFrame } from '../../protocol/encode.ts'
import { parseMsg } from '../../protocol/hub-frames.ts'
import type { Runtime, Undo } from '../../runtime/runtime.ts'
import { abortion, onAbort } from '../../runtime/signal.ts'
import { ChatError, UncertainError, UsageError } from '../../vocabulary/errors.ts'
import type { Stored } from '../../vocabulary/position.ts'
import type { CallOptions, HistoryOptions, HistoryPage } from '../client.ts'
import type { ProtocolSession } from '../protocol-session.ts'
import type { Message } from '../types.ts'
import { checkAddress, checkEvent } from './checks.ts'
import type { Operation } from './pending-operations.ts'

/** The result of a `send`, as the hub answers it. */
interface SendAnswer {
  readonly epoch: string
  readonly at: number
  readonly id: string
}

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
export class Operations {
  readonly #wire: ProtocolSession
  readonly #guard: Validator
  readonly #runtime: Runtime
  readonly #callTimeout: number

  constructor(wire: ProtocolSession, guard: Validator, runtime: Runtime, callTimeout: number) {
    this.#wire = wire
    this.#guard = guard
    this.#runtime = runtime
    this.#callTimeout = callTimeout
  }

  async send(
    address: string,
    event: string,
    data: unknown,
    signal: AbortSignal | undefined,
  ): Promise<Stored> {
    if (address.startsWith('~'))
      throw new UsageError('unable to send to a session: it takes casts only; send to its user instead')
    checkEvent(event)
    this.#guard.event(event, data)
    const tail = this.#encode(address, event, data)
    const frame = (ref: number): string => `["send",${ref},${tail}`
    const { epoch, at, id } = (await this.#operate({
      publishes: true,
      repeat: 'same-ref',
      frame,
      signal,
    })) as SendAnswer
    return { position: [epoch, at, id], id }
  }

  cast(address: string, event: string, data: unknown, key: string | undefined): void {
    checkEvent(event)
    this.#guard.event(event, data)
    const tail = this.#encode(address, event, data, ...(key === undefined ? [] : [{ key }]))
    // Addresses have no line feed.
    this.#wire.cast(`["cast",${tail}`, key === undefined ? null : `${address}\n${key}`)
  }

  async call(call: string, input: unknown, options: CallOptions): Promise<unknown> {
    checkEvent(call)
    this.#guard.operation('calls', 'input', call, input)
    const tail = this.#encode(call, input)
    const result = await this.#operate({
      publishes: true,
      repeat: options.idempotent === true ? 'harmless' : 'never',
      frame: (ref) => `["call",${ref},${tail}`,
      signal: options.signal,
      timeout: options.timeout ?? this.#callTimeout,
    })
    return this.#guard.operation('calls', 'output', call, result)
  }

  async history(address: string, options: HistoryOptions): Promise<HistoryPage> {
    checkAddress(address)
    const { signal, ...range } = options
    const page = await this.#operate({
      publishes: false,
      repeat: 'harmless',
      frame: (ref) => encodeFrame('read', ref, address, range),
      signal,
      timeout: this.#callTimeout,
    })
    return this.#page(page as HistoryPage)
  }

  #page({ epoch, base, top, messages, more }: HistoryPage): HistoryPage {
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

  #operate({ signal, timeout, ...plan }: Plan): Promise<unknown> {
    if (this.#wire.status === 'closed')
      throw new UsageError('unable to do this: the client is closed; make a new one')
    return new Promise((resolve, reject) => {
      const undos: Undo[] = []
      const settle = (then: () => void): void => {
        for (const undo of undos) undo()
        then()
      }
      const operation: Operation = {
        ...plan,
        counts: true,
        resolve: (result) => settle(() => resolve(result)),
        reject: (error) => settle(() => reject(error)),
      }
      const late = (): void => {
        const error = new ChatError('timeout', 'unable to wait any longer: the time for an answer is up')
        const unsure = this.#wire.remove(operation) === 'written' && plan.repeat === 'never'
        operation.reject(unsure ? overdue(error) : error)
      }
      const give = (error: unknown): void => {
        const unsure = this.#wire.remove(operation) === 'written' && plan.repeat === 'same-ref'
        operation.reject((unsure ? aborted(error) : error) as Error)
      }
      // What nobody wants any more is not even begun.
      const early = abortion(signal)
      if (early !== null) return give(early.reason)
      this.#wire.add(operation)
      undos.push(onAbort(signal, give))
      if (timeout === undefined) return
      undos.push(this.#runtime.timer(timeout, late))
    })
  }
}

const overdue = (cause: ChatError): UncertainError =>
  new UncertainError('unable to tell the outcome: no answer in time', { cause })

const aborted = (cause: unknown): UncertainError =>
  new UncertainError('unable to tell whether it was stored: aborted', { cause })
