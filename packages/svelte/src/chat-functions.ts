import type {
  AnyContract,
  CallName,
  Client,
  Position,
  PresenceInput,
  PresenceState,
  Room,
  RoomAddress,
  StreamPart,
  StreamReader,
} from '@chat/core'
import type {
  MessageListOptions,
  MessageName,
  MessagesStore,
  NoticesOptions,
  NoticesStore,
  PeopleStore,
  StatusStore,
  Store,
  TypingOptions,
  TypingStore,
  UnreadOptions,
  UnreadStore,
} from '@chat/store'
import type { CallStore, StreamSnapshot } from '@chat/store/binding'
import type { ClientSource } from './client.ts'
import type { View } from './use-store.ts'

/** Room, or `null` for none: as `useRoom` returns it, or an object of your own with a getter. */
interface RoomSource<C extends AnyContract> {
  /** The present room. */
  readonly current: Room<C> | null
}
/** Value, or a function that returns it and may read reactive state. */
type Source<T> = T | (() => T)

/** The functions of a contract, as `chatFunctions` returns them. Read members where they are used: do not destructure them. */
export interface ChatFunctions<C extends AnyContract> {
  /** Gives a client to all components below the present component. */
  provideChat(client: ClientSource<C>): void
  /** Returns the client of the nearest component above; `current` is `null` without one. */
  useClient(): { readonly current: Client<C> | null }
  /**
   * Joins a room while an effect or a template reads `current`, which is the room's handle; `null` for the
   * address `null`, and on a server, where there is no client. All components share the handle of an address. It
   * outlives the last of them by two seconds, so a component that is made again has not left.
   *
   * @param options - `state`: presence state of this client; `since`: position to continue from, such as that of the
   * messages that the server has read. Both are for the first component that joins.
   */
  useRoom(
    address: Source<RoomAddress | null | undefined>,
    options?: { readonly state?: PresenceInput<C> | undefined; readonly since?: Position | undefined },
  ): RoomSource<C>
  /**
   * Shows the messages of a room: the past, the live, and those on their way, in the log's order. `send` adds a
   * message at once, `older` reads further back. For the options and the items see `messages` of `@chat/store`.
   */
  useMessages<const K extends MessageName<C> & string>(
    room: RoomSource<C>,
    events: K | readonly K[],
    options?: MessageListOptions<C>,
  ): View<MessagesStore<C, K>>
  /** Shows the people in a room, and sets the own state with `set`. The hub must have presence for the room. */
  usePeople<State = PresenceState<C>>(room: RoomSource<C>): View<PeopleStore<State>>
  /** Shows the users who are typing in a room. Call `type` on each input, and `stop` when the text is empty or sent. */
  useTyping(room: RoomSource<C>, options?: TypingOptions<C>): View<TypingStore>
  /**
   * Counts the messages that this user has not read, on any device. `mark` moves the place up to which all is read.
   *
   * @param options - Those of `unread` of `@chat/store`, and `reading`: `true` while the person sees the end of the
   * list. While it is, and the page is visible, everything that comes is marked as read. Default: `false`.
   */
  useUnread<const K extends MessageName<C> & string>(
    room: RoomSource<C>,
    events: K | readonly K[],
    options?: UnreadOptions<C> & { readonly reading?: Source<boolean> | undefined },
  ): View<UnreadStore>
  /** Shows the messages to the user alone, also those that were sent while this user was away. */
  useNotices<const K extends MessageName<C> & string>(
    events: K | readonly K[],
    options?: NoticesOptions,
  ): View<NoticesStore<C, K>>
  /** Reads a stream, and shows everything so far. */
  useStream<Part extends StreamPart>(
    reader: Source<StreamReader<Part> | null | undefined>,
  ): View<Store<StreamSnapshot<Part>>>
  /** Shows the status of the connection, with the wait until the next attempt; `reconnect` does not wait for it. */
  useStatus(): View<StatusStore>
  /** Calls the hub from this component, and shows the newest answer or error. */
  useCall<K extends CallName<C>>(name: K): View<CallStore<C, K>>
}
