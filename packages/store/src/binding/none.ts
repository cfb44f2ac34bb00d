import { type Untyped, UsageError } from '@chat/core'
import type { MessagesStore, PeopleStore, StatusStore, TypingStore, UnreadStore } from '../index.ts'
import type { Store } from '../store.ts'
import type { StreamSnapshot } from './stream-store.ts'

const nothing = (): void => {}

function unable(operation: string): never {
  throw new UsageError(
    `unable to ${operation}: there is no room yet, because its address or the client is null`,
  )
}

/** Store whose snapshot stays the same. Bundlers drop those that a page does not use: each call is marked as pure. */
const fixed = <S, Actions extends object = object>(snapshot: S, actions?: Actions): Store<S> & Actions =>
  ({ subscribe: () => nothing, snapshot: () => snapshot, ...actions }) as Store<S> & Actions

/** Store in place of a room's handle, without a client or an address. */
export const noRoom: Store<null> = /* @__PURE__ */ fixed(null)

/** Store in place of a stream, while there is no reader. */
export const noStream: Store<StreamSnapshot> = /* @__PURE__ */ fixed({
  value: null,
  state: null,
  restarted: 0,
})

/** Store in place of a client's status, while there is no client. */
export const noStatus: StatusStore = /* @__PURE__ */ fixed(
  { status: 'connecting', retryIn: null, error: null },
  { reconnect: nothing },
)

/** Store in place of a room's people, while there is no room. */
export const noPeople: PeopleStore<unknown> = /* @__PURE__ */ fixed(
  { people: [], count: 0, state: 'joining', error: null },
  { set: () => unable('set the presence state') },
)

/** Store in place of the users who type, while there is no room. */
export const noTyping: TypingStore = /* @__PURE__ */ fixed({ users: [] }, { type: nothing, stop: nothing })

/** Store in place of a room's messages, while there is no room. */
export const noMessages: MessagesStore<Untyped, string> = /* @__PURE__ */ fixed(
  { items: [], state: 'loading', error: null, more: false, loadingOlder: false },
  {
    send: () => unable('send'),
    retry: nothing,
    discard: nothing,
    change: nothing,
    older: () => Promise.resolve(),
  },
)

/** Store in place of a room's unread messages, while there is no room. */
export const noUnread: UnreadStore = /* @__PURE__ */ fixed(
  { count: 0, more: false, lastRead: null, receipts: [], state: 'loading', error: null },
  { mark: () => unable('mark messages as read'), markAll: nothing },
)
