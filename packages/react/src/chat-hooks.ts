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
  TypingOptions,
  TypingStore,
  UnreadOptions,
  UnreadStore,
} from '@chat/store'
import type { CallStore, StreamSnapshot } from '@chat/store/binding'
import type { ReactElement } from 'react'
import type { ChatProviderProps } from './chat-provider.ts'
import type { View } from './use-store.ts'

/** The hooks of a contract, as `chatHooks` returns them. */
export interface ChatHooks<C extends AnyContract> {
  /** Gives a client to the hooks of all components below: see {@link ChatProviderProps}. */
  ChatProvider(props: ChatProviderProps<C>): ReactElement
  /** Returns the client of the provider; `null` without one, on a server, and before the provider has connected. */
  useClient(): Client<C> | null
  /**
   * Joins a room while the component is mounted, and returns its handle; `null` before the first effect, on a server,
   * and for the address `null`. All components share the handle of an address. It outlives the last of them by two
   * seconds, so a component that is mounted again has not left.
   *
   * @param options - `state`: presence state of this client; `since`: position to continue from, such as that of the
   * messages that the server has read. Both are for the first component that joins.
   */
  useRoom(
    address: RoomAddress | null | undefined,
    options?: { readonly state?: PresenceInput<C> | undefined; readonly since?: Position | undefined },
  ): Room<C> | null
  /**
   * Shows the messages of a room: the past, the live, and those on their way, in the log's order. `send` adds a
   * message at once, `older` reads further back. For the options and the items see `messages` of `@chat/store`.
   */
  useMessages<const K extends MessageName<C> & string>(
    room: Room<C> | null,
    events: K | readonly K[],
    options?: MessageListOptions<C>,
  ): View<MessagesStore<C, K>>
  /** Shows the people in a room, and sets the own state with `set`. The hub must have presence for the room. */
  usePeople<State = PresenceState<C>>(room: Room<C> | null): View<PeopleStore<State>>
  /** Shows the users who are typing in a room. Call `type` on each input, and `stop` when the text is empty or sent. */
  useTyping(room: Room<C> | null, options?: TypingOptions<C>): View<TypingStore>
  /**
   * Counts the messages that this user has not read, on any device. `mark` moves the place up to which all is read.
   *
   * @param options - Those of `unread` of `@chat/store`, and `reading`: `true` while the person sees the end of the
   * list. While it is, and the page is visible, everything that comes is marked as read. Default: `false`.
   */
  useUnread<const K extends MessageName<C> & string>(
    room: Room<C> | null,
    events: K | readonly K[],
    options?: UnreadOptions<C> & { readonly reading?: boolean | undefined },
  ): View<UnreadStore>
  /** Shows the messages to the user alone, also those that were sent while this user was away. */
  useNotices<const K extends MessageName<C> & string>(
    events: K | readonly K[],
    options?: NoticesOptions,
  ): View<NoticesStore<C, K>>
  /** Reads a stream, and shows everything so far. */
  useStream<Part extends StreamPart>(reader: StreamReader<Part> | null | undefined): StreamSnapshot<Part>
  /** Shows the status of the connection, with the seconds until the next attempt; `reconnect` does not wait for it. */
  useStatus(): View<StatusStore>
  /** Calls the hub from this component, and shows the newest answer or error. */
  useCall<K extends CallName<C>>(name: K): View<CallStore<C, K>>
}
