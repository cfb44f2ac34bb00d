import type { AnyContract, ClientEventName, EventInput } from '../contract/contract.ts'
import type { DataArguments } from '../contract/data-arguments.ts'
import type { Message, Received } from '../vocabulary/message.ts'
import type { Meta } from '../vocabulary/meta.ts'
import type { GapReason, Position, Stored } from '../vocabulary/position.ts'

/** A volatile message: it is not in the log, so it has no id and no position. */
export interface Cast<Data = unknown> extends Received<Data> {
  /** `false`: no log has stored it. */
  readonly durable: false
  /** `null`: a cast has no id. */
  readonly id: null
  /** `null`: a cast has no position. */
  readonly position: null
  /** `null`: no log has taken it. */
  readonly time: null
}

/** A message or a cast, as a listener gets it: `durable` tells which. */
export type Delivery<Data = unknown> = Message<Data> | Cast<Data>

/** Address to send messages and casts to, as {@link Client.to} returns it. */
export interface ClientTarget<C extends AnyContract> {
  /**
   * Publishes a durable message, and resolves once the log has stored it. The client waits for a connection
   * when there is none, and repeats the message after a reconnect; the log stores it once. When a limit of the
   * user is used up, for example by the user's other tabs, the client waits, and writes the message again for
   * up to a minute. `meta` holds facts about the message besides its data ({@link Meta}).
   *
   * `onId` is called each time the message is written, with the id that the log will give it: so the application
   * knows its own copy, which may come back before the promise resolves. A repetition has the id of the first
   * attempt; only a message that was refused for a limit gets another. An error that `onId` throws goes to `$error`.
   *
   * @throws ChatError with the hub's code when the hub refuses the message; `bad_payload` or `too_large`
   * before the client sends it; `full` when too many operations wait.
   * @throws UncertainError when the message may or may not have been stored: no answer within a minute, a
   * session that could not be resumed, or `signal` aborted after the message was written.
   * @throws UsageError when an option does not exist or has a wrong value, or the client is closed.
   */
  send<K extends ClientEventName<C>>(
    event: K,
    ...rest: DataArguments<
      EventInput<C, K>,
      {
        readonly signal?: AbortSignal | undefined
        readonly meta?: Meta | undefined
        readonly onId?: ((id: string) => void) | undefined
      }
    >
  ): Promise<Stored>
  /**
   * Publishes a volatile message, such as a cursor. The client drops a cast when there is no connection or
   * too much to send. Of casts with the same `key` to the same address only the newest matters: it replaces
   * the older casts that still wait to be written (at most 256 keys and 64 KiB; beyond that the oldest is
   * dropped).
   *
   * @throws ChatError `bad_payload` when the contract forbids the data, `too_large` when the cast is larger
   * than a frame may be.
   * @throws UsageError when an option does not exist or has a wrong value.
   */
  cast<K extends ClientEventName<C>>(
    event: K,
    ...rest: DataArguments<
      EventInput<C, K>,
      { readonly key?: string | undefined; readonly meta?: Meta | undefined }
    >
  ): void
}

/** Loss of messages: the log no longer keeps them, or was itself lost. */
export interface Gap {
  /** Address of the lost messages. */
  readonly address: string
  /** Reason of the loss. */
  readonly reason: GapReason
  /** Position of this client before the gap; `null` when it had none. */
  readonly from: Position | null
  /** Position after the gap: all messages between `from` and `to` are lost to this client. */
  readonly to: Position
}

/**
 * Status of a client. `connecting` → `connected` | `reconnecting` | `closed`; `connected` ↔ `reconnecting`;
 * any → `closed`, which is final. Each but `closed` is shown as `offline` while the platform says that it has
 * no network; the client tries to connect all the same, and a hub that answers ends it.
 */
export type ClientStatus = 'connecting' | 'connected' | 'reconnecting' | 'offline' | 'closed'

/**
 * Numbers of frames that a client has ignored: a frame that is counted has no other effect (P-FR-4, P-FR-10).
 */
export interface ClientCounters {
  /** Frames of a type that this version does not know. */
  unknownFrames: number
  /** Answers to operations that do not wait for an answer. */
  strayAnswers: number
}
