import type { AppendKey, AppendResult, Backplane, OutgoingMessage } from '../backplane/backplane.ts'
import type { AnyContract } from '../contract/contract.ts'
import { Validator } from '../contract/validator.ts'
import { MemoryBackplane } from '../memory/backplane/memory-backplane.ts'
import { MemoryStore } from '../memory/backplane/memory-store.ts'
import type { WireError } from '../protocol/encode.ts'
import { encodeValue } from '../protocol/json.ts'
import { errorBytes } from '../protocol/limits.ts'
import { attempt } from '../runtime/maybe-promise.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { systemRuntime } from '../runtime/system-runtime.ts'
import { ChatError, isWireCode } from '../vocabulary/errors.ts'
import { exceedsBytes } from '../vocabulary/text.ts'
import { TurnFlusher } from './connections/turn-flusher.ts'
import type { FeedHost } from './delivery/log-feed.ts'
import type { HubError } from './events.ts'
import { HubListeners } from './hub-listeners.ts'
import {
  checkHubOptions,
  type HubOptions,
  type Limits,
  resolveLimits,
  resolvePresence,
  resolveTimeouts,
  type Timeouts,
} from './options.ts'
import { PresenceRegistry } from './presence/presence-registry.ts'
import { RateLimiter } from './sessions/rate-limiter.ts'
import { Router } from './sessions/router.ts'

/** What was ignored, for tests and metrics. */
export interface HubCounters {
  /** Casts that were refused, malformed or over the rate. */
  droppedCasts: number
  /** Frames of a type this version does not know. */
  unknownFrames: number
  /** Replies to asks that nobody waits for. */
  strayReplies: number
}

const firstRetry = 100
const slowestRetry = 5_000

/**
 * One incarnation of a hub: what all its parts share.
 *
 * @internal
 */
export class HubContext implements FeedHost {
  readonly id: string
  readonly runtime: Runtime
  readonly backplane: Backplane
  readonly limits: Limits
  readonly timeouts: Timeouts
  readonly options: HubOptions
  readonly guard: Validator
  readonly router: Router
  readonly flusher: TurnFlusher
  /** Who is in the rooms, where there is presence at all. */
  readonly presence: PresenceRegistry | null
  readonly rates: RateLimiter
  readonly resumes: RateLimiter
  readonly counters: HubCounters = { droppedCasts: 0, unknownFrames: 0, strayReplies: 0 }
  /** Set once the hub is being closed: no new handshakes. */
  draining = false
  /** The application's listeners and handlers. */
  readonly listeners: HubListeners
  #messages = 0
  #closed = false

  constructor(options: HubOptions<AnyContract>) {
    checkHubOptions(options)
    this.options = options as HubOptions
    this.runtime = options.runtime ?? systemRuntime
    this.id = this.runtime.id(12)
    this.backplane = options.backplane ?? new MemoryBackplane(new MemoryStore(this.runtime, options.log))
    this.limits = resolveLimits(options.limits)
    this.timeouts = resolveTimeouts(options.timeouts, this.backplane.capabilities.dedupeWindow)
    this.guard = new Validator(options.contract)
    this.listeners = new HubListeners(this.guard, (error, event) =>
      this.fault({ error, source: 'listener', subject: event }),
    )
    this.router = new Router(this)
    this.flusher = new TurnFlusher(this.runtime)
    this.presence =
      options.presence === undefined ? null : new PresenceRegistry(this, resolvePresence(options.presence))
    this.rates = new RateLimiter(this.limits.rate, this.limits.burst)
    this.resumes = new RateLimiter(this.limits.resumeRate, this.limits.resumeBurst)
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Tells the application what failed. A listener for it that fails itself has nobody left to tell. */
  fault(error: HubError): void {
    if (error.subject !== '$error') this.listeners.emit('$error', error)
  }

  report(error: unknown, address: string): void {
    this.fault({ error, source: 'backplane', subject: address })
  }

  /** What a client is told of an error: the code of a `ChatError`, else only `internal`, and the application the rest. */
  wireError(error: unknown, where: Omit<HubError, 'error'>): WireError {
    if (!(error instanceof ChatError && isWireCode(error.code))) {
      this.fault({ error, ...where })
      return { code: 'internal', message: 'something failed inside the hub' }
    }
    const { code, message, retryAfter, detail } = error
    try {
      if (!exceedsBytes(encodeValue(detail) + message, errorBytes))
        return { code, message, retryAfter, detail }
      throw new Error(`unable to answer with the error '${code}': it is over ${errorBytes} bytes`)
    } catch (cause) {
      // The code is the application's word all the same.
      this.fault({ error: cause, ...where })
      return { code, message: message.slice(0, 1_000), retryAfter }
    }
  }

  /** The next id of a message of the hub's own (P-PB-5). */
  nextMessage(): { id: string; n: number } {
    const n = ++this.#messages
    return { id: `${this.id}.${n}`, n }
  }

  /**
   * Appends, and repeats with the same key while the outcome is unknown (P-PB-3). `then` is called once, unless the hub is closed before;
   * what one of our own attempts has stored counts as stored.
   */
  append(
    stream: string,
    message: OutgoingMessage,
    key: AppendKey,
    then: (appended: AppendResult) => void,
  ): void {
    let delay = firstRetry
    const again = (): void =>
      this.#append(stream, message, key, {
        answered: (appended) => {
          const repeated = delay > firstRetry && appended.outcome === 'duplicate'
          // The client may have come back at another node meanwhile, and that one have stored it.
          const ours = repeated && appended.by === this.id
          then(ours ? { ...appended, outcome: 'stored' } : appended)
        },
        unknown: () => {
          this.runtime.timer(delay, again)
          delay = Math.min(delay * 2, slowestRetry)
        },
      })
    again()
  }

  #append(
    stream: string,
    message: OutgoingMessage,
    key: AppendKey,
    then: { answered(appended: AppendResult): void; unknown(): void },
  ): void {
    attempt(
      () => this.backplane.append(stream, message, key),
      then.answered,
      (error) => {
        this.report(error, stream)
        if (!this.#closed) then.unknown()
      },
    )
  }

  async close(): Promise<void> {
    this.#closed = true
    this.presence?.close()
    await this.backplane.close()
    this.listeners.clear()
  }
}
