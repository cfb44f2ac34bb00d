import { checkCarried } from '../../protocol/carried.ts'
import { encodeFrame } from '../../protocol/encode.ts'
import { checkMsg } from '../../protocol/hub-frames.ts'
import { attempt } from '../../runtime/maybe-promise.ts'
import { UsageError } from '../../vocabulary/errors.ts'
import type { HistoryOptions, HistoryPage } from '../../vocabulary/history.ts'
import { type Message, redactedEvent } from '../../vocabulary/message.ts'
import type { Stored } from '../../vocabulary/position.ts'
import type { Connector } from '../connection/connector.ts'
import type { ClientContext } from '../context.ts'
import type { ClientObservation } from '../observation.ts'
import type { Operation } from '../operation.ts'
import { callRules, castRules, checkByRules, historyRules, sendRules } from '../option-rules.ts'
import type { CallOptions, CastOptions, SendOptions } from '../options.ts'
import { accept } from './accept.ts'
import { checkAddress, checkName } from './checks.ts'
import type { OperationWriter } from './operation-writer.ts'
import { toMessage } from './to-message.ts'

/** Result of a `send`, as the hub answers it. */
interface SendAnswer {
  readonly epoch: string
  readonly at: number
  readonly id: string
}

/** Result of a `read`, as the hub answers it. */
interface ReadAnswer extends Omit<HistoryPage, 'messages'> {
  readonly messages: readonly (readonly unknown[])[]
}

/** Operation of the application. */
interface Plan extends Omit<Operation, 'resolve' | 'reject'> {
  /** Completes "unable to …" when the client is closed. */
  readonly name: string
}

/** Operation for the observer: its kind, and its address or call. */
type Shown = Pick<Extract<ClientObservation, { readonly type: 'operation' }>, 'operation' | 'subject'>

/** Operations of an application: sends, calls and reads as promises, and casts, which have no answer. */
export class Operations {
  /** Maximum time until the answer to a call or a read, in milliseconds, where the application names none. */
  readonly callTimeout: number
  readonly #context: ClientContext
  readonly #connector: Connector
  readonly #writer: OperationWriter
  /** `true` once the application closes its client, whose promises need no handler any more. */
  #closing = false

  constructor(context: ClientContext, connector: Connector, writer: OperationWriter, callTimeout: number) {
    this.#context = context
    this.#connector = connector
    this.#writer = writer
    this.callTimeout = callTimeout
  }

  /**
   * Marks the promises that are rejected from now on as handled: a process does not end because nobody awaits
   * a promise that its own `close()` rejects.
   */
  close(): void {
    this.#closing = true
  }

  /** Publishes a durable message. See {@link ClientTarget.send}. */
  send(address: string, event: string, data: unknown, options?: SendOptions): Promise<Stored> {
    const plan = (): Plan => {
      if (address.startsWith('~'))
        throw new UsageError('unable to send to a session: it takes casts only; send to its user instead')
      checkName(event)
      checkByRules('send', options, sendRules)
      this.#context.validator.event(event, data)
      const tail = this.#encode('send', data, [address, event, data ?? null, options?.meta])
      return {
        name: 'send',
        publishes: true,
        repeat: 'same-ref',
        address,
        body: tail,
        frame: (ref) => {
          attempt(
            () => options?.onId?.(`${this.#context.session}.${ref}`),
            noop,
            (error) => this.#context.reportError(error, address),
          )
          return `["send",${ref},${tail}`
        },
        signal: options?.signal,
      }
    }
    return this.#operate({ operation: 'send', subject: address }, plan, (answer) => {
      const { epoch, at, id } = answer as SendAnswer
      return { position: [epoch, at, id], id }
    })
  }

  /** Publishes a volatile message. See {@link ClientTarget.cast}. */
  cast(address: string, event: string, data: unknown, options?: CastOptions): void {
    checkName(event)
    checkByRules('cast', options, castRules)
    const { key, meta } = options ?? {}
    this.#context.validator.event(event, data)
    const written = key === undefined && meta === undefined ? undefined : { key, meta }
    const tail = this.#encode('cast', data, [address, event, data ?? null, written])
    if (this.#connector.status === 'closed') return
    // An address contains no line feed, so the key is unambiguous.
    this.#writer.cast(`["cast",${tail}`, key === undefined ? null : `${address}\n${key}`)
  }

  /** Calls the hub. See {@link Client.call}. `written` is called with the ref each time that the call is written. */
  call(
    call: string,
    input: unknown,
    options?: CallOptions,
    written?: (ref: number) => void,
  ): Promise<unknown> {
    const { validator, streams } = this.#context
    const plan = (): Plan => {
      checkName(call)
      const name = `call '${call}'`
      checkByRules(name, options, callRules)
      const { idempotent, signal, meta, timeout = this.callTimeout } = options ?? {}
      validator.operation('calls', 'input', call, input)
      const tail = this.#encode(name, input, [call, input ?? null, meta])
      return {
        name,
        publishes: true,
        repeat: idempotent === true ? 'harmless' : 'never',
        frame: (ref) => {
          written?.(ref)
          return `["call",${ref},${tail}`
        },
        signal,
        timeout,
      }
    }
    return this.#operate(
      { operation: 'call', subject: call },
      plan,
      (result) => streams?.answer(call, result) ?? validator.operation('calls', 'output', call, result),
    )
  }

  /** Reads a page of history. See {@link Client.history}. */
  history(address: string, options: HistoryOptions): Promise<HistoryPage> {
    const show = (message: Message): Message | null =>
      message.event === redactedEvent ? message : accept(this.#context, message)
    return this.read(address, options, show)
  }

  /** Reads a page with every message as the log has it, or as `convert` makes it; `null` leaves it out. */
  read(
    address: string,
    options: HistoryOptions,
    convert: (message: Message) => Message | null = (message) => message,
  ): Promise<HistoryPage> {
    const plan = (): Plan => {
      checkAddress(address)
      const name = `read the history of ${address}`
      checkByRules(name, options, historyRules)
      const { signal, ...range } = options
      return {
        name,
        repeat: 'harmless',
        frame: (ref) => encodeFrame('read', ref, address, range),
        signal,
        timeout: this.callTimeout,
      }
    }
    return this.#operate({ operation: 'history', subject: address }, plan, (answer) => {
      const { epoch, base, top, messages, more } = answer as ReadAnswer
      const read = messages.map((value) => toMessage(checkMsg(value), epoch))
      const shown = read.flatMap((message) => convert(message) ?? [])
      const end = read[options.after === undefined ? 0 : read.length - 1]?.position[1]
      // The results of streams are left out: when nothing else is in a page, the next page takes its place.
      if (shown.length === 0 && more && end !== undefined)
        return this.read(
          address,
          { ...options, [options.after === undefined ? 'before' : 'after']: end },
          convert,
        )
      return { epoch, base, top, messages: shown, more }
    })
  }

  /**
   * Returns the elements of a frame after its ref, as JSON. Refuses data that JSON does not carry, and a frame
   * that is too large, before the frame is queued.
   */
  #encode(operation: string, data: unknown, elements: readonly unknown[]): string {
    checkCarried(operation, data)
    const json = encodeFrame(...elements)
    this.#writer.checkSize(json)
    return json.slice(1)
  }

  /** Runs an operation, and resolves with what `convert` makes of its answer. */
  #operate<T>(shown: Shown, prepare: () => Plan, convert: (answer: unknown) => T | Promise<T>): Promise<T> {
    const promise = new Promise<T>((resolve, reject) => {
      const { name, ...operation } = prepare()
      this.#connector.checkOpen(name)
      const { runtime } = this.#context
      const since = runtime.now()
      const observe = (error?: unknown): void =>
        this.#context.observe('operation', { ...shown, error, took: runtime.now() - since })
      const done = (result: T | Promise<T>): void => {
        observe()
        resolve(result)
      }
      const failed = (error: unknown): void => {
        observe(error)
        if (this.#closing) promise.catch(() => {})
        reject(error)
      }
      const queue = (operation.body && this.#context.outbox) || this.#writer
      queue.add({
        ...operation,
        resolve: (answer) => attempt(() => convert(answer), done, failed),
        reject: failed,
      })
    })
    return promise
  }
}

const noop = (): void => {}
