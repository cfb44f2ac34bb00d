import type { Backplane } from '../backplane/backplane.ts'
import type { AnyContract } from '../contract/contract.ts'
import { validatorOf } from '../contract/contract.ts'
import type { Validator } from '../contract/validator.ts'
import { MemoryBackplane } from '../memory/backplane/memory-backplane.ts'
import { MemoryStore } from '../memory/backplane/memory-store.ts'
import { checkCarried } from '../protocol/carried.ts'
import type { WireError } from '../protocol/encode.ts'
import { encodeValue } from '../protocol/json.ts'
import { errorBytes } from '../protocol/limits.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { serverRuntime } from '../runtime/server-runtime.ts'
import { Turns } from '../runtime/turns.ts'
import { unheardErrors, type WriteUnheard } from '../runtime/unheard-errors.ts'
import type { AdmissionLimits } from '../transport/admission.ts'
import { describe } from '../vocabulary/check-options.ts'
import { ChatError, isWireCode, UsageError, wireParts } from '../vocabulary/errors.ts'
import { exceedsBytes } from '../vocabulary/text.ts'
import { ContractNames } from './contract-names.ts'
import type { HubError } from './events.ts'
import { hinting } from './hinting-validator.ts'
import { HubListeners } from './hub-listeners.ts'
import { type HubObserver, toObserver } from './observation.ts'
import type { HubOptions, Limits, StreamRules, Timeouts } from './options.ts'
import { checkHubOptions, resolveLimits, resolveStreams, resolveTimeouts } from './resolve-options.ts'
import { timed } from './timed-validator.ts'

const advice = "listen with hub.on('$error', …), or set the hub's option logErrors to false"

const sourceOf = ({ source, subject }: HubError): string =>
  source === 'handler' || source === 'listener' ? `the ${source} of '${subject}'` : `the ${source}`

/** Counts of the input that a hub has ignored, for tests and metrics. */
export interface HubCounters {
  /** Casts that were refused, malformed or over the rate. */
  droppedCasts: number
  /** Frames of a type that this version does not know. */
  unknownFrames: number
  /** Replies to asks that are unknown or already settled. */
  strayReplies: number
}

/** Most events of refused casts that are reported: clients name them. */
const mostRefusedCasts = 100

/**
 * Services that all parts of one hub share: options, clock, backplane, validation, the application's
 * listeners, and error reports. It knows no session, no room and no connection.
 */
export class HubContext {
  /** Names this incarnation of the hub, as the `node` of the protocol. */
  readonly id: string
  /** Clock, timers, randomness and ids. */
  readonly runtime: Runtime
  /** The log, and the link to the other nodes. */
  readonly backplane: Backplane
  /** The options as given, for the two policies. */
  readonly options: HubOptions
  /** The limits, with their defaults. */
  readonly limits: Limits
  /** The timeouts, with their defaults. */
  readonly timeouts: Timeouts
  /** The options of streams, with their defaults. */
  readonly streams: StreamRules
  /** The names of the contract, for errors. */
  readonly names: ContractNames
  /** Validates data by the contract. */
  readonly validator: Validator
  /** `null` when errors that nothing listens to are not written. */
  readonly #writeUnheard: WriteUnheard | null
  readonly #serverEvents: ReadonlySet<string> | null
  /** Streams that clients write too; `null` for none. */
  readonly #clientStreams: ReadonlySet<string> | null
  /** The application's listeners and handlers. */
  readonly listeners: HubListeners
  /** Shows a fact to the option `observe`; `null` without the option, so that no fact is made. */
  readonly observe: HubObserver | null
  /** Shares the event loop between the connections. */
  readonly turns: Turns
  /** Counts of ignored input. */
  readonly counters: HubCounters = { droppedCasts: 0, unknownFrames: 0, strayReplies: 0 }
  /** Set when the hub begins to close: it then accepts no new handshakes. */
  draining = false
  readonly #reported = new Set<WireError>()
  /** Events of casts that were refused, as far as they were reported. */
  readonly #refusedCasts = new Set<string>()
  #messages = 0
  #closed = false
  /** Time of day at the first look in this turn; `null` before that. */
  #wallTime: number | null = null

  /** @throws UsageError for options that cannot work. */
  constructor(options: HubOptions<AnyContract>) {
    checkHubOptions(options)
    this.options = options as HubOptions
    this.runtime = options.runtime ?? serverRuntime
    this.turns = new Turns(this.runtime)
    this.id = this.runtime.id(12)
    this.backplane = options.backplane ?? new MemoryBackplane(new MemoryStore(this.runtime, options.log))
    this.limits = resolveLimits(options.limits)
    this.timeouts = resolveTimeouts(options.timeouts, this.backplane.capabilities.dedupeWindow)
    this.streams = resolveStreams(options.streams, this.backplane.capabilities.dedupeWindow)
    this.names = new ContractNames(options.contract)
    this.validator = timed(hinting(validatorOf(options.contract), this.names), {
      now: () => this.runtime.now(),
      onSlow: (error, subject) => this.reportError({ error, source: 'handler', subject }),
    })
    const { serverEvents = [], clientStreams = [] } = options
    this.#serverEvents = serverEvents.length > 0 ? new Set(serverEvents) : null
    const written = [...clientStreams, ...this.names.list('clientStreams')]
    this.#clientStreams = written.length > 0 && this.limits.streams > 0 ? new Set(written) : null
    this.#writeUnheard = options.logErrors === false ? null : unheardErrors(this.runtime, advice)
    this.backplane.onError?.((error, address) => this.reportBackplane(error, address))
    this.observe = toObserver(options.observe, (error) =>
      this.reportError({ error, source: 'listener', subject: 'observe' }),
    )
    this.listeners = new HubListeners(this, (error, event) =>
      this.reportError({ error, source: 'listener', subject: event }),
    )
  }

  /** Tells if only the hub may send an event. */
  isServerEvent(event: string): boolean {
    const { validator } = this
    if (this.#serverEvents?.has(event) === true) return true
    return (
      validator.has('serverEvents', event) ||
      (validator.stream(event) !== null && !this.isClientStream(event))
    )
  }

  /** True when clients may write some of the streams (P-SM-12). */
  get hasClientStreams(): boolean {
    return this.#clientStreams !== null
  }

  /** Tells if clients may write the streams of a name (P-SM-12). */
  isClientStream(event: string): boolean {
    return this.#clientStreams?.has(event) === true
  }

  /** True after {@link HubContext.close}. */
  get closed(): boolean {
    return this.#closed
  }

  /** Time of day for the observer. The clock is read once in a turn, since it would cost more than a fact. */
  get observedTime(): number {
    if (this.#wallTime === null) {
      this.#wallTime = this.runtime.wallTime()
      this.runtime.defer(() => {
        this.#wallTime = null
      })
    }
    return this.#wallTime
  }

  /** Time at which an observed duration begins; 0 without an observer, to which no duration is shown. */
  get observedSince(): number {
    return this.observe === null ? 0 : this.runtime.now()
  }

  /**
   * Emits `$error`, or writes the error if nothing listens. An error of a listener of `$error` itself is written,
   * because it would be reported to the same listener.
   */
  reportError(error: HubError): void {
    const heard = error.subject !== '$error' && this.listeners.has('$error')
    if (heard) this.listeners.emit('$error', error)
    // Any client can write malformed frames: they are no errors of the application.
    else if (error.source !== 'protocol') this.#writeUnheard?.(sourceOf(error), error.error)
  }

  /** Emits `$error` for a refusal by which all clients are met, the first time. */
  reportOnce(refusal: WireError): void {
    if (this.#reported.has(refusal)) return
    this.#reported.add(refusal)
    this.reportError({ error: new ChatError(refusal.code, refusal.message), source: 'policy' })
  }

  /**
   * Emits `$error` for a cast that the contract or the policy refuses, once for each event: its sender gets no
   * answer, so the refusal would show nowhere.
   */
  reportRefusedCast(event: string, { code, message }: WireError): void {
    if (this.#refusedCasts.has(event) || this.#refusedCasts.size >= mostRefusedCasts) return
    this.#refusedCasts.add(event)
    this.reportError({ error: new ChatError(code, message), source: 'protocol', subject: event })
  }

  /** Emits `$error` for a backplane that has failed at an address. */
  reportBackplane(error: unknown, address: string): void {
    this.reportError({ error, source: 'backplane', subject: address })
  }

  /** Emits `$error` for a limit of connections that refuses connections. */
  reportExcess(limit: keyof AdmissionLimits): void {
    const value = this.limits[limit] ?? 'as many as are free'
    const error = new ChatError(
      'rate_limited',
      `unable to accept further connections: the limit '${limit}' is reached (${value}). Raise it in the option 'limits' of the hub; behind a proxy, set 'trustProxy' of the transport, so that the limits count the clients' addresses`,
    )
    this.reportError({ error, source: 'transport', subject: limit })
  }

  /**
   * Converts an error for a client. A `ChatError` keeps its code and message; any other error becomes
   * `internal`, and the application gets the whole error in `$error`.
   */
  wireError(error: unknown, where: Omit<HubError, 'error'>): WireError {
    const answer = wireParts(error)
    if (answer === null) {
      this.reportError({ error: explainCode(error), ...where })
      return { code: 'internal', message: 'unable to run this operation: the hub has failed' }
    }
    const { code, message, detail } = answer
    const retryAfter = this.#checkRetryAfter(answer, where)
    try {
      checkCarried(`answer with the detail of the error '${code}'`, detail)
      if (!exceedsBytes(encodeValue(detail) + message, errorBytes))
        return { code, message, retryAfter, detail }
      throw new Error(`unable to answer with the error '${code}': it is over ${errorBytes} bytes`)
    } catch (cause) {
      // The application chose the code, so the client gets it even when the detail cannot be sent.
      this.reportError({ error: cause, ...where })
      return { code, message: message.slice(0, 1_000), retryAfter }
    }
  }

  /** Returns the delay of an error; `undefined` for a delay that is no time, which is reported. */
  #checkRetryAfter({ code, retryAfter }: WireError, where: Omit<HubError, 'error'>): number | undefined {
    if (retryAfter === undefined || (Number.isFinite(retryAfter) && retryAfter >= 0)) return retryAfter
    const fault = `the retryAfter of the error '${code}' is ${describe(retryAfter)}; give milliseconds, at least 0`
    this.reportError({ error: new UsageError(`unable to answer with a delay: ${fault}`), ...where })
    return undefined
  }

  /** Returns the number of the hub's own next message (P-PB-5). */
  nextMessageNumber(): number {
    return ++this.#messages
  }

  /** Closes the backplane, and removes all listeners. */
  async close(): Promise<void> {
    this.#closed = true
    await this.backplane.close()
    this.listeners.clear()
  }
}

/** Codes of errors that this library makes itself, and that no client gets. */
const localCodes = ['uncertain', 'closed', 'full', 'usage']

/** Returns an error that says why a client does not get the code of a `ChatError`; any other error as it is. */
function explainCode(error: unknown): unknown {
  try {
    if (!(error instanceof ChatError) || localCodes.includes(error.code) || isWireCode(error.code))
      return error
    return new UsageError(
      `unable to refuse with the code ${describe(error.code)}: give a code of the protocol, such as 'forbidden', or one of your own with a '/', such as 'shop/sold_out'`,
      { cause: error },
    )
  } catch {
    return error
  }
}
