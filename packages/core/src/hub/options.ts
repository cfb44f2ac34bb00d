import type { Backplane } from '../backplane/backplane.ts'
import type {
  AnyContract,
  ClientEventName,
  ClientStreamName,
  EventData,
  EventName,
  StreamData,
  StreamName,
  Untyped,
} from '../contract/contract.ts'
import type { MemoryStoreOptions } from '../memory/backplane/memory-store-options.ts'
import type { MaybePromise } from '../runtime/maybe-promise.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { AdmissionLimits } from '../transport/admission.ts'
import type { Handshake } from '../transport/connection.ts'
import type { Complete } from '../vocabulary/check-options.ts'
import type { Meta } from '../vocabulary/meta.ts'
import type { HubObservation } from './observation.ts'

/**
 * The user that a session belongs to. An application may add properties of its own: handlers and policies get
 * the whole object.
 */
export interface User {
  /**
   * 1–255 bytes without control characters. Sessions with the same id belong to the same person, on several
   * devices.
   */
  readonly id: string
  /**
   * Time for which the credentials are valid, in milliseconds from now. The hub then closes the connection
   * with 4010. Default: no limit.
   */
  readonly expiresIn?: number | undefined
  /**
   * Marks a user who stands for many people, so that the rate limits count per remote address instead of per
   * user. Default: `false`.
   */
  readonly anonymous?: boolean | undefined
  /**
   * Name under which the hub counts the limits of this user, such as the account of a bot or the tenant of a
   * guest: the rates and `connectionsPerUser`. 1–255 bytes without control characters. Users with the same
   * payer share the limits. Default: the user's `id`, or the remote address for an anonymous user.
   */
  readonly payer?: string | undefined
}

/**
 * The user as `authorize` gets it: `U`, and while TypeScript does not know `U` yet, a user with further properties
 * of the type `unknown`.
 */
export type KnownUser<U extends User> = User extends U ? User & { readonly [property: string]: unknown } : U

/**
 * The argument of {@link HubOptions.authenticate}: the facts that the transport knows about the client, and
 * the client's token.
 */
export interface Credentials extends Handshake {
  /** The token of `hello` or `auth`; `null` when the client sent no token. */
  readonly token: string | null
  /** Data that the adapter adds, such as the request. Its type is the adapter's. */
  readonly extra: unknown
  /** Aborted when the hub no longer needs the answer, because the connection has ended. */
  readonly signal: AbortSignal
}

/** An operation on an address that needs permission. */
export type AuthorizeAction = 'join' | 'send' | 'cast' | 'read' | 'who' | 'cancel'

/** The argument of {@link HubOptions.authorize}. */
export type AuthorizeRequest<U extends User = User, C = Untyped> = {
  /** The user, as `authenticate` returned it. */
  readonly user: U
  /** The public id of the session that asks; `null` for {@link Hub.may}, which has no session. */
  readonly session: string | null
  /**
   * The address of the operation. For another user's inbox and for a session it comes with `send` and `cast`
   * only: the hub refuses every other action there itself.
   */
  readonly address: string
} & (
  | {
      /** The operation. */
      readonly action: 'join' | 'read' | 'who'
      readonly event?: undefined
      readonly data?: undefined
      readonly meta?: undefined
    }
  | {
      /** The cancel of a stream. */
      readonly action: 'cancel'
      /** The event of the stream. */
      readonly event: string extends ClientEventName<C> ? string : StreamName<C>
      /** The address of the stream; `address` is the address that the stream was sent to. */
      readonly stream: string
      readonly data?: undefined
      readonly meta?: undefined
    }
  | {
      [K in ClientEventName<C>]: {
        /** The operation. */
        readonly action: 'send' | 'cast'
        /** The event's name. */
        readonly event: K
        /** The data of the message, validated when the contract has validators. */
        readonly data: EventData<C, K>
        /** The meta of the message, which is the sender's claim; `null` for none. */
        readonly meta: Meta | null
      }
    }[ClientEventName<C>]
  | {
      [K in ClientStreamName<C>]: {
        /** The opening of a stream by a client. */
        readonly action: 'send'
        /** The stream's name. */
        readonly event: K
        /** The beginning of the whole. */
        readonly data: StreamData<C, K>
        /** The meta of the stream, which is the sender's claim, with `stream: true`. */
        readonly meta: Meta
      }
    }[ClientStreamName<C>]
)

/**
 * Limits of the protocol (P-LV-3), and of connections. Sizes are in bytes, durations in milliseconds.
 *
 * Work is counted in units, on each node by itself. The {@link User.payer} pays for them, by default the
 * user; the remote address pays for users that are {@link User.anonymous}.
 */
export interface Limits extends AdmissionLimits {
  /** Size of one frame. Default: 64 KiB. */
  readonly frame: number
  /** Size of one transmission. Default: 256 KiB. */
  readonly transmission: number
  /** Depth to which data may nest. Default: 64. */
  readonly depth: number
  /** Rooms that a session may join. Default: 128. */
  readonly rooms: number
  /** Streams that a session may join at a time; 0 for a hub without streams. Default: 64. */
  readonly streams: number
  /** Unanswered sends and calls of a session. Default: 64. */
  readonly inflight: number
  /**
   * Units per second and user for operations, on average. An operation costs 1 unit, and a page of history or
   * of members 1 unit for each 16 KiB (P-LV-6). Default: 50.
   */
  readonly rate: number
  /** Units that a user may spend on operations at once. Default: 100. */
  readonly burst: number
  /**
   * Bytes that may wait for one connection. Above it, the hub stops queueing messages for the connection, and
   * later replays them from the log. Default: 1 MiB.
   */
  readonly queue: number
  /** Messages that one join may ask to be replayed. Default: 10 000. */
  readonly replay: number
  /**
   * Time after which the hub closes a connection that takes none of the bytes that wait for it. Default: 15
   * s.
   */
  readonly stalled: number
  /** Resumes per second and session. Sessions do not share this limit. Default: 1. */
  readonly resumeRate: number
  /** Resumes of a session at once. Default: 10. */
  readonly resumeBurst: number
  /**
   * Units per second and user for catching up, on average. A `hello` costs 1 unit, and 1 for each room in it;
   * new credentials cost 1 for each joined room, and a replay 1 for each 16 KiB (P-LV-7). A user who owes
   * units waits for fresh sessions and for replays. Default: 500.
   */
  readonly catchUpRate: number
  /** Units that a user may spend on catching up at once. Default: 5 000. */
  readonly catchUpBurst: number
}

/** Timeouts of the hub, in milliseconds. */
export interface Timeouts {
  /** From the opening of a connection to its `hello`. Default: 5 s. */
  readonly hello: number
  /** For an answer of `authenticate` or `authorize`. Default: 10 s. */
  readonly policy: number
  /** For the answer of a call's handler. Default: 30 s. */
  readonly call: number
  /** Interval of the pings on an idle connection. Default: 25 s. */
  readonly heartbeat: number
  /** Time beyond `heartbeat` after which a client gives up a silent connection. Default: 10 s. */
  readonly heartbeatGrace: number
  /** Time for which a session can be resumed after its connection has ended. Default: 120 s. */
  readonly session: number
}

/** Options of presence. */
export interface PresenceOptions {
  /**
   * Decides by its address whether a room has presence. When it throws, rejects, or does not answer within
   * {@link Timeouts.policy}, the room has none, and the hub reports the error in `$error`. Default: every room
   * has presence.
   */
  readonly rooms?: ((address: string) => MaybePromise<boolean>) | undefined
  /** Members above which the hub tells the count only, at most once per second. Default: 200. */
  readonly max?: number | undefined
  /** Time for which a session stays present after its connection was lost, in milliseconds. Default: 10 s. */
  readonly grace?: number | undefined
  /** Size of a member's state as JSON, in bytes. Default: 16 KiB. */
  readonly state?: number | undefined
}

/** Options of streams, the messages that are long in the making ({@link HubTarget.stream}). */
export interface StreamsOptions {
  /** Bytes of one stream: its data as JSON, and 100 for each entry. Default: 4 MiB. */
  readonly bytes?: number | undefined
  /**
   * Time for which an ended stream is kept, in milliseconds, so that readers get its last parts. The result, a
   * message with the whole, stays as any message does. At most half the dedupe window of the backplane.
   * Default: 60 s, or that half.
   */
  readonly keep?: number | undefined
}

/** {@link StreamsOptions} with their defaults filled in. */
export type StreamRules = Complete<StreamsOptions>

/** {@link PresenceOptions} with their defaults filled in. */
export type PresenceRules = Complete<PresenceOptions>

/** The names of the streams that clients write too: any name without types. */
type ClientStreams<C> = string extends ClientEventName<C> ? string : ClientStreamName<C>

/** Options of a {@link Hub}. `V` is the user as `authorize` gets it. */
export interface HubOptions<C extends AnyContract = Untyped, U extends User = User, V extends User = U> {
  /**
   * Validators for the data of events, calls and asks. Default: none; the type parameter alone gives the
   * types.
   */
  readonly contract?: C | undefined
  /**
   * Names of events that only the hub sends, such as `notification`: a client that sends or casts one is refused
   * as `forbidden`, before `authorize` is asked. Those in the `serverEvents` of a contract with validators are
   * known without it; a contract of types alone needs it. Default: none.
   */
  readonly serverEvents?: readonly EventName<C>[] | undefined
  /**
   * Names of streams that clients write too, such as `dictation`. Each stream is opened only if `authorize` allows
   * the `send` of its head, whose `meta` has `stream: true`; the answer holds for all parts, until a permission of
   * the session is taken back. The streams in the `clientStreams` of a contract with validators are known without
   * this option; a contract of types alone needs it. Default: none.
   */
  readonly clientStreams?: readonly ClientStreams<C>[] | undefined
  /**
   * Returns the user of a client, or `null` to refuse the client (4501). It runs for the token of each
   * `hello` and each `auth`. When it throws, or does not answer within {@link Timeouts.policy}, the hub
   * closes the connection with 4004 and reports the error in `$error`. Default: the hub refuses every client.
   */
  readonly authenticate?: ((credentials: Credentials) => MaybePromise<U | null>) | undefined
  /**
   * Decides whether a user may do an operation: `true` allows it, `false` refuses it as `forbidden`. To
   * refuse with another code, throw a `ChatError`. Any other error is `internal` to the client, and the hub
   * reports it in `$error`.
   *
   * For a send or a cast it may also answer with `{ data?, meta? }`: the message is allowed, and the hub
   * stores this data and meta in place of the sender's, for example to mask a word or to stamp a price. The
   * data must fit the contract. `meta: null` removes the sender's meta.
   *
   * It runs before every join, send, cast, read and who, and again when a session is
   * resumed. Every client receives `*` and its own `@user` without it. Default: the hub refuses every
   * operation.
   *
   * Write it after `authenticate`: TypeScript reads the options in their order, and before `authenticate` it
   * knows the `id` of `request.user`, and the other properties as `unknown`.
   */
  readonly authorize?:
    | ((
        request: AuthorizeRequest<V, C>,
      ) => MaybePromise<boolean | { readonly data?: unknown; readonly meta?: Meta | null | undefined }>)
    | undefined
  /**
   * Form in which the hub stores and hands on the data of its clients' messages and casts: `input` as the client
   * gave it, or `output` as the contract's validators return it, without the fields that they strip and with their
   * defaults. The validators of receivers then validate the output, so they must accept it. Default: `input`.
   */
  readonly forward?: 'input' | 'output' | undefined
  /** The log, and the link between the nodes of a cluster. Default: a log in the memory of this process. */
  readonly backplane?: Backplane | undefined
  /**
   * Options of the log in memory. A hub with a `backplane` has no such log, so the two options exclude each
   * other.
   */
  readonly log?: MemoryStoreOptions | undefined
  /** Turns presence on. Default: no room has presence. */
  readonly presence?: PresenceOptions | undefined
  /** Sizes and times of streams. Default: 4 MiB each, kept for 60 s after their end. */
  readonly streams?: StreamsOptions | undefined
  /** Limits to change; each of the others has its default. */
  readonly limits?: { readonly [Name in keyof Limits]?: Limits[Name] | undefined } | undefined
  /** Timeouts to change; each of the others has its default. */
  readonly timeouts?: { readonly [Name in keyof Timeouts]?: Timeouts[Name] | undefined } | undefined
  /**
   * Writes errors to the console while there is no listener of `$error`, each once for its source; malformed
   * frames of clients are not written. `false` turns it off. Default: `true`.
   */
  readonly logErrors?: boolean | undefined
  /**
   * Called with every fact about the work of this hub, for traces and metrics: see {@link HubObservation}. It runs
   * in the middle of the work, so it must be quick. When it throws or rejects, the hub goes on and reports the
   * error in `$error`, with the subject `observe`. Default: none, and no fact is made.
   */
  readonly observe?: ((seen: HubObservation) => unknown) | undefined
  /** Clock, timers, randomness and ids, for tests. Default: those of the platform. */
  readonly runtime?: Runtime | undefined
}
