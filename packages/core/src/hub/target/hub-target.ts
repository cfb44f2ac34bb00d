import type {
  AnyContract,
  AskName,
  ClientEventName,
  EventInput,
  EventName,
  OperationInput,
  OperationResult,
  PresenceState,
  ServerEventName,
  StreamInput,
  StreamName,
} from '../../contract/contract.ts'
import type { HistoryMessage } from '../../contract/contract-message.ts'
import type { DataArguments } from '../../contract/data-arguments.ts'
import type { StreamPart } from '../../contract/stream.ts'
import type { ChatError, ErrorCode } from '../../vocabulary/errors.ts'
import type { HistoryOptions, HistoryPage } from '../../vocabulary/history.ts'
import type { PresenceMember } from '../../vocabulary/member.ts'
import type { Meta } from '../../vocabulary/meta.ts'
import type { Position, Stored } from '../../vocabulary/position.ts'
import type { StreamWriter } from '../streams/stream-writer.ts'

/** Options of {@link HubTarget.ask} and {@link HubTarget.askAll}. */
export interface AskOptions {
  /** Time to wait for answers, in milliseconds. Default: 10 000. */
  readonly timeout?: number | undefined
  /** Stops waiting; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** Facts about the ask besides its input, for the client's handler. Default: none. */
  readonly meta?: Meta | undefined
}

/** Options of {@link HubTarget.sessions}. */
export interface SessionsOptions {
  /** Time to wait for the other nodes, in milliseconds. Default: 10 000. */
  readonly timeout?: number | undefined
  /** Stops waiting; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** A session that is connected, as {@link HubTarget.sessions} lists it. */
export interface ConnectedSession {
  /** The public id of the session. `~id` is its address. */
  readonly session: string
  /** The id of its user. */
  readonly user: string
  /** The id of the node that it is connected to ({@link Hub.node}). */
  readonly node: string
}

/** Options of {@link HubTarget.remove}: the reason that the client gets. */
export interface RemoveOptions {
  /** A code of the protocol, or a code of your own with a `/`. Default: `forbidden`. */
  readonly code?: ErrorCode | undefined
  /** A text for the client. Default: `removed by the application`. */
  readonly message?: string | undefined
}

/**
 * The outcome of an ask to several sessions. Each session that was asked is in one of the first three lists,
 * once.
 */
export interface AskResults<Answer> {
  /** Sessions that answered. */
  readonly replies: readonly { readonly session: string; readonly user: string; readonly answer: Answer }[]
  /** Sessions that refused, or whose connection ended before the answer. */
  readonly refused: readonly { readonly session: string; readonly user: string; readonly error: ChatError }[]
  /** Sessions that did not answer in time. */
  readonly timedOut: readonly { readonly session: string; readonly user: string }[]
  /**
   * Ids of nodes that have not told in time which sessions they have. A node that has crashed is among them
   * until its lease is over, for up to 30 seconds.
   */
  readonly unreachable: readonly string[]
}

/** The names of the streams that a hub opens: any name without types. */
type OpenStreamName<C> = string extends EventName<C> ? string : StreamName<C>
/** A part of a stream that a hub opens. */
type OpenStreamPart<C, K> = string extends EventName<C> ? StreamPart : StreamInput<C, K>

/** An address for the hub to send to, made by {@link Hub.to}. */
export interface HubTarget<C extends AnyContract> {
  /**
   * Publishes a durable message, and resolves with its position once the log has accepted it.
   *
   * `meta` holds facts about the message besides its data ({@link Meta}). `from` is the id of a user in whose
   * name the message is sent, for bots, REST routes and imports; the default is the hub, `null`. `authorize` is
   * not asked: see {@link Hub.may}.
   *
   * With an `idempotencyKey` (a text of 1–255 characters) the log recognises a repetition from any node, for
   * its dedupe window, and the send resolves with the position of the first. `signal` gives up the wait.
   *
   * @throws UsageError for a session, which takes casts and asks only, for a name that cannot be an event's,
   * and for an option that does not exist or cannot work.
   * @throws ChatError `bad_payload` for data that the contract or JSON does not accept,
   * `too_large` above 300 KiB, `conflict` when the `idempotencyKey` was used for another message.
   * @throws UncertainError when the hub is closed or `signal` aborted before the log has answered.
   */
  send<K extends ClientEventName<C> | ServerEventName<C>>(
    event: K,
    ...rest: DataArguments<
      EventInput<C, K>,
      {
        readonly signal?: AbortSignal | undefined
        readonly meta?: Meta | undefined
        readonly from?: string | undefined
        readonly idempotencyKey?: string | undefined
      }
    >
  ): Promise<Stored>
  /**
   * Opens a stream: a message that is long in the making, a text by default, or a list if `start` is an array.
   * Resolves when its head is stored, the message that announces the stream; readers get each part as soon as
   * it is stored. At the end the same address gets its result: a message with the whole.
   *
   * `start` is the beginning of the whole; `meta` holds facts about the stream besides its data ({@link Meta});
   * `from` is the id of a user in whose name the stream is written, such as a bot, and the default is the hub,
   * `null`; `signal` cancels the writing.
   *
   * ```ts
   * const answer = await hub.to('#chat:7').stream('answer')
   * await answer.pipe(llm(text, { signal: answer.signal }))
   * ```
   *
   * @throws UsageError for a session, for a name that is not a stream of the contract or cannot be an event's, for
   * an option that does not exist or cannot work, and for a hub whose `limits.streams` is 0.
   * @throws ChatError `closed` when the hub closes; `bad_payload` or `too_large` for a `start` that cannot be sent.
   * @throws UncertainError when the hub is closed before the log has answered.
   */
  stream<K extends OpenStreamName<C>>(
    event: K,
    options?: {
      readonly start?: OpenStreamPart<C, K> | undefined
      readonly meta?: Meta | undefined
      readonly from?: string | undefined
      readonly signal?: AbortSignal | undefined
    },
  ): Promise<StreamWriter<OpenStreamPart<C, K>>>
  /**
   * Publishes a cast: it is never stored, never repeated, and dropped first under pressure. For a
   * client that reads too slowly, the hub holds the newest cast of each `key`, and writes it when the client
   * reads again. The hub holds up to 256 keys and 64 KiB for each connection, and then drops the oldest.
   * `from` is the id of a user in whose name the cast is sent.
   *
   * @throws UsageError for a name that cannot be an event's, and for an option that does not exist or cannot
   * work.
   * @throws ChatError `bad_payload` for data that the contract or JSON does not accept,
   * `too_large` above 300 KiB.
   */
  cast<K extends ClientEventName<C> | ServerEventName<C>>(
    event: K,
    ...rest: DataArguments<
      EventInput<C, K>,
      {
        readonly key?: string | undefined
        readonly meta?: Meta | undefined
        readonly from?: string | undefined
      }
    >
  ): void
  /**
   * Resolves with the position of the newest message, or with `[epoch, 0, null]` when there is none. A
   * client's snapshot hook ({@link Snapshot}) needs a position that is a lower bound of its state: read the
   * position before the state, and write each message to the state before you send it.
   *
   * @throws UsageError for a session, which has no log.
   * @throws ChatError `unavailable` when the log is out of reach.
   */
  position(): Promise<Position>
  /**
   * Reads a page of the log of the address, oldest message first, and the position of the newest message. The
   * policy is not asked: see {@link Hub.may}. Messages that do not fit the contract are left out, and
   * reported in `$error`; when none of a page fits, the hub reads on to the next that does.
   *
   * @throws UsageError for a session, which has no log, and for an option that does not exist or cannot work.
   * @throws ChatError `unavailable` when the log is out of reach.
   */
  history(
    options?: HistoryOptions,
  ): Promise<
    HistoryPage<HistoryMessage<C>> & { /** Position of the newest message. */ readonly position: Position }
  >
  /**
   * Empties a message of the log for good, for example because the law asks for it. The message keeps its
   * position, id, time and sender, and has the event `$redacted`, the data `null` and no meta. Clients that
   * read the log from now on skip it. To tell the clients that show the message already, send a message of
   * your own.
   *
   * Resolves with `false` when the log does not have the message, because it was trimmed or never was there.
   *
   * @param position - The `position` of the message.
   * @throws UsageError for a session, which has no log, and for a value that is not the position of a message.
   * @throws ChatError `unavailable` when the log is out of reach, so that the outcome is not known. Call it
   * again.
   */
  redact(position: Position): Promise<boolean>
  /**
   * Asks the sessions of the address on all nodes, and resolves with the first answer. The other sessions are
   * not waited for any more.
   *
   * @throws UsageError for a name that cannot be an event's, and for an option that does not exist or cannot
   * work.
   * @throws ChatError `not_found` when no node has a session of the address, `timeout` when no session answers
   * in time or a node is silent (`detail.unreachable` has the ids of such nodes), `unavailable` when the
   * backplane is out of reach, `closed` when the hub is closed. When all sessions refuse, it is the first
   * refusal.
   * @throws UncertainError when the connections end before an answer.
   */
  ask<K extends AskName<C>>(
    event: K,
    ...rest: DataArguments<OperationInput<C, 'asks', K>, AskOptions>
  ): Promise<OperationResult<C, 'asks', K>>
  /**
   * Asks the sessions of the address on all nodes, and resolves with the outcome of each. A session that moves
   * to another node meanwhile is named once, with its first answer.
   *
   * @throws UsageError for a name that cannot be an event's, and for an option that does not exist or cannot
   * work.
   * @throws ChatError `unavailable` when the backplane is out of reach, `closed` when the hub is closed.
   */
  askAll<K extends AskName<C>>(
    event: K,
    ...rest: DataArguments<OperationInput<C, 'asks', K>, AskOptions>
  ): Promise<AskResults<OperationResult<C, 'asks', K>>>
  /**
   * Resolves with the members of the room on all nodes, in no particular order. The
   * states are the output of the contract's `presence`; a state that does not pass is `null`, and its error is
   * reported in `$error`. A session whose connection was lost stays a member until its grace is over.
   *
   * @throws UsageError for an address that is not a room, or a room without presence
   * ({@link HubOptions.presence}).
   * @throws ChatError `unavailable` when the backplane is out of reach.
   */
  members(): Promise<readonly PresenceMember<PresenceState<C>>[]>
  /**
   * Resolves with the sessions of the address that are connected at this moment, on all nodes, in no
   * particular order: for `@alice` with the devices of a user, for `~id` with at most one session.
   *
   * @throws UsageError for an option that does not exist or cannot work.
   * @throws ChatError `timeout` when a node has not answered in time: `detail.unreachable` has the ids of such
   * nodes, and `detail.sessions` the sessions of the others. `unavailable` when the backplane is out of reach,
   * `closed` when the hub is closed.
   */
  sessions(options?: SessionsOptions): Promise<readonly ConnectedSession[]>
  /**
   * Removes every session of a user (`@alice`), or one session (`~s9fK2b_x`), from the room, on all nodes.
   * Their clients get nothing of the room afterwards, and emit `$leave`. A removal is not a ban: the sessions
   * may join again if `authorize` allows it, so make `authorize` refuse them before you remove them.
   *
   * On this node the removal is done when the call returns. The promise resolves when the other nodes were
   * told.
   *
   * @throws UsageError for an address that is not a room, a `who` that is neither a user nor a session, a
   * code that no client may get, or an option that does not exist.
   * @throws ChatError `unavailable` when the backplane is out of reach, so that other nodes may not know.
   * Call it again.
   */
  remove(who: string, options?: RemoveOptions): Promise<void>
}
