import type { Backplane } from '../backplane/backplane.ts'
import type { AnyContract, CallName, EventData, EventName, Untyped } from '../contract/contract.ts'
import type { MemoryStoreOptions } from '../memory/backplane/memory-store.ts'
import type { MaybePromise } from '../runtime/maybe-promise.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Handshake } from '../transport/connection.ts'
import { UsageError } from '../vocabulary/errors.ts'

/** Who a session belongs to. An application may add what it likes; handlers and policies get the whole object. */
export interface User {
  /** 1–255 bytes without control characters. Sessions with the same id are one person on several devices. */
  readonly id: string
  /** For how long the credentials hold, in milliseconds from now. When they run out the connection is closed with 4010. Default: for ever. */
  readonly expiresIn?: number | undefined
  /** Nobody in particular: limits count per remote address instead of per user. Default: `false`. */
  readonly anonymous?: boolean | undefined
}

/** What {@link HubOptions.authenticate} gets: what the transport knows of the client, and the token it presented. */
export interface Credentials extends Handshake {
  /** The token of `hello` or `auth`; `null` when there is none. */
  readonly token: string | null
  /** What the adapter knows besides, such as the request; its type is the adapter's. */
  readonly extra: unknown
  /** Aborted when the answer is no longer wanted. */
  readonly signal: AbortSignal
}

/** What a client wants to do with an address. */
export type AuthorizeAction = 'join' | 'send' | 'cast' | 'read' | 'who'

/** What {@link HubOptions.authorize} gets. */
export type AuthorizeRequest<U extends User = User, C = Untyped> = {
  readonly user: U
  /** The public id of the session that asks. */
  readonly session: string
  /** Where to. Never another user's inbox or a session for anything but `send` and `cast`: that is refused before. */
  readonly address: string
} & (
  | { readonly action: 'join' | 'read' | 'who'; readonly event?: undefined; readonly data?: undefined }
  | {
      [K in EventName<C>]: {
        readonly action: 'send' | 'cast'
        readonly event: K
        /** Validated, when the contract has validators. */
        readonly data: EventData<C, K>
      }
    }[EventName<C>]
)

/** Limits of PROTOCOL P-LV-3; sizes in bytes, durations in milliseconds. */
export interface Limits {
  /** One frame. Default: 64 KiB. */
  readonly frame: number
  /** One transmission. Default: 256 KiB. */
  readonly transmission: number
  /** How deep data may nest. Default: 64. */
  readonly depth: number
  /** Rooms per session. Default: 128. */
  readonly rooms: number
  /** Unanswered sends and calls per session. Default: 64. */
  readonly inflight: number
  /** Operations a second and user, in the long run. Default: 50. */
  readonly rate: number
  /** Operations at once. Default: 100. */
  readonly burst: number
  /** Bytes waiting for one connection, above which it falls back to its place in the log. Default: 1 MiB. */
  readonly queue: number
  /** Messages that one join may ask to be replayed. Default: 10 000. */
  readonly replay: number
  /** For how long a connection may take nothing of what waits for it. Default: 15 s. */
  readonly stalled: number
  /** Attempts to resume a second and user. Default: 1. */
  readonly resumeRate: number
  /** Attempts to resume at once. Default: 10. */
  readonly resumeBurst: number
}

/** How long things may take, in milliseconds. */
export interface Timeouts {
  /** From the opening of a connection to its `hello`. Default: 5 s. */
  readonly hello: number
  /** For `authenticate` and `authorize`. Default: 10 s. */
  readonly policy: number
  /** For a call's handler. Default: 30 s. */
  readonly call: number
  /** Between signs of life. Default: 25 s. */
  readonly heartbeat: number
  /** How much later than `heartbeat` a client still waits. Default: 10 s. */
  readonly heartbeatGrace: number
  /** For how long a session can be resumed after its connection ended. Default: 120 s. */
  readonly session: number
}

/** Which rooms tell who is in them, and how. */
export interface PresenceOptions {
  /** Whether a room has presence. Default: every room. */
  readonly rooms?: (address: string) => boolean
  /** Members above which a room is only counted, at most once a second. Default: 200. */
  readonly max?: number
  /** For how long a session whose connection was lost is still present, in milliseconds. Default: 10 s. */
  readonly grace?: number
  /** Bytes of a member's state, as JSON. Default: 16 KiB. */
  readonly state?: number
}

/** {@link PresenceOptions}, all of them. */
export type PresenceRules = Required<PresenceOptions>

/** How a {@link Hub} is set up. */
export interface HubOptions<C extends AnyContract = Untyped, U extends User = User> {
  /** Validators for everything that passes. Default: none; types alone come from the type parameter. */
  readonly contract?: C
  /** The calls that clients may make, when there is no `contract` to say so. Default: none. */
  readonly calls?: readonly CallName<C>[]
  /**
   * Who a client is: its user, or `null` to refuse it (4501). A throw or ten seconds without an answer close the connection with
   * 4004 and are reported in `$error`. Runs again for the token of each `auth`. Default: everyone is refused.
   */
  readonly authenticate?: (credentials: Credentials) => MaybePromise<U | null>
  /**
   * Whether a user may do something: `true`, or `false` to refuse it as `forbidden`. Throw a `ChatError` to refuse it with a code of your own; any
   * other throw is `internal` to the client and reported in `$error`. Runs before every join, send, cast, read and who, also when a session
   * is resumed. Not asked whether a client may receive `*` and its own `@user`, which everyone does. Default: everything is refused.
   */
  readonly authorize?: (request: AuthorizeRequest<U, C>) => MaybePromise<boolean>
  /** Node to node, and the log. Default: in this process's memory, see {@link HubOptions.log}. */
  readonly backplane?: Backplane
  /** What the log in memory keeps, when there is no `backplane`. */
  readonly log?: MemoryStoreOptions
  /** Rooms that tell who is in them. Default: none does. */
  readonly presence?: PresenceOptions
  /** Limits; what is left out has its default. */
  readonly limits?: Partial<Limits>
  /** Timeouts; what is left out has its default. */
  readonly timeouts?: Partial<Timeouts>
  /** Clock, timers, randomness. Default: the platform's. For tests. */
  readonly runtime?: Runtime
}

const defaultLimits: Limits = {
  frame: 64 * 1024,
  transmission: 256 * 1024,
  depth: 64,
  rooms: 128,
  inflight: 64,
  rate: 50,
  burst: 100,
  queue: 1024 * 1024,
  replay: 10_000,
  stalled: 15_000,
  resumeRate: 1,
  resumeBurst: 10,
}

const defaultTimeouts: Timeouts = {
  hello: 5_000,
  policy: 10_000,
  call: 30_000,
  heartbeat: 25_000,
  heartbeatGrace: 10_000,
  session: 120_000,
}

/** The time from its first write after which a client gives an unanswered send up (P-PB-3). */
const publishHorizon = 60_000

/**
 * @throws UsageError when a limit is no positive number.
 * @internal
 */
export const resolveLimits = (given: Partial<Limits> | undefined): Limits =>
  resolve('limits', defaultLimits, given ?? {})

/**
 * @throws UsageError when a timeout is no positive number, or the backplane forgets repetitions before clients stop repeating (P-PB-3).
 * @internal
 */
export function resolveTimeouts(given: Partial<Timeouts> | undefined, dedupeWindow: number): Timeouts {
  const timeouts = resolve('timeouts', defaultTimeouts, given ?? {})
  if (publishHorizon + 2 * timeouts.heartbeat >= dedupeWindow)
    throw new UsageError(
      `unable to start the hub: the backplane recognises repetitions for ${dedupeWindow} ms, which must be more than ${publishHorizon} ms + 2 × timeouts.heartbeat`,
    )
  if (timeouts.session < dedupeWindow)
    throw new UsageError(
      `unable to start the hub: timeouts.session (${timeouts.session} ms) must not be less than the backplane's dedupe window (${dedupeWindow} ms)`,
    )
  return timeouts
}

/**
 * @throws UsageError when a number is none above 0.
 * @internal
 */
export function resolvePresence({ rooms = () => true, ...given }: PresenceOptions): PresenceRules {
  return { rooms, ...resolve('presence', { max: 200, grace: 10_000, state: 16 * 1024 }, given) }
}

function resolve<T extends object>(group: string, defaults: T, given: Partial<T>): T {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, name))
      throw new UsageError(
        `unable to start the hub: there is no ${group}.${name}; there are ${Object.keys(defaults).join(', ')}`,
      )
    // The welcome names them, and JSON knows no Infinity.
    if (value !== undefined && !(Number.isFinite(value) && (value as number) > 0))
      throw new UsageError(`unable to start the hub: ${group}.${name} must be a finite number above 0`)
  }
  const set = Object.entries(given).filter(([, value]) => value !== undefined)
  return { ...defaults, ...Object.fromEntries(set) }
}
