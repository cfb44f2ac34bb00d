import {
  type AnyContract,
  type Client,
  clientParts,
  type JoinOptions,
  type Room,
  type RoomAddress,
  type Undo,
} from '@chat/core'
import type { Store } from '../store.ts'
import { noRoom } from './none.ts'

/** Time for which a handle outlives its last component, in milliseconds. Stores end a second after theirs. */
const linger = 2_000

interface SharedHandle {
  readonly room: Room<AnyContract>
  /** Number of components that use the handle. */
  uses: number
  /** `true` after `$leave`: the hub has refused the room or taken it away, or the client has ended. */
  ended: boolean
  /** Cancels the end of the handle, which waits for another component. */
  cancelEnd: Undo
}

/** Options of the room that the first subscriber joins. */
type SharedRoomOptions = Pick<JoinOptions<unknown, unknown>, 'state' | 'since'>

const handlesByClient = new WeakMap<object, Map<string, SharedHandle>>()

/**
 * Returns the store of a room's handle, which all components of a client share. The first subscriber joins the
 * room. The room is left two seconds after the last subscriber has gone, so a component that is mounted again has
 * the same handle, and the hub hears nothing of it. The snapshot is `null` without a subscriber, without a client or
 * an address, and for a closed client.
 *
 * When the hub refuses the room or takes it away, subscribers keep the handle, which has ended. A subscriber that
 * comes after all of them have gone joins anew.
 *
 * @param options - Presence state of this client in the room, and position to continue from, for the first subscriber.
 */
export function sharedRoom<C extends AnyContract>(
  client: Client<C> | null,
  address: RoomAddress | null | undefined,
  options: SharedRoomOptions = {},
): Store<Room<C> | null> {
  if (client === null || !address) return noRoom
  const handles = handlesByClient.get(client) ?? new Map<string, SharedHandle>()
  handlesByClient.set(client, handles)
  return {
    snapshot: () => (handles.get(address)?.room ?? null) as Room<C> | null,
    subscribe: () =>
      retain(handles, address, () => open(client as unknown as Client<AnyContract>, address, options)),
  }
}

function open(
  client: Client<AnyContract>,
  address: RoomAddress,
  options: SharedRoomOptions,
): SharedHandle | null {
  if (client.status === 'closed') return null
  const room = client.join(address, options)
  const handle: SharedHandle = { room, uses: 0, ended: false, cancelEnd: () => {} }
  room.on('$leave', () => {
    handle.ended = true
  })
  return handle
}

/** Counts a component as a user of the handle. Returns the function that ends the use. */
function retain(handles: Map<string, SharedHandle>, address: string, make: () => SharedHandle | null): Undo {
  let handle = handles.get(address)
  handle?.cancelEnd()
  if (handle === undefined || (handle.ended && handle.uses === 0)) {
    handle?.room.leave()
    handles.delete(address)
    handle = make() ?? undefined
    if (handle === undefined) return () => {}
    handles.set(address, handle)
  }
  const used = handle
  used.uses++
  let isUsed = true
  return () => {
    if (!isUsed) return
    isUsed = false
    used.uses--
    if (used.uses > 0) return
    const end = (): void => {
      handles.delete(address)
      used.room.leave()
    }
    used.cancelEnd = clientParts(used.room).runtime.timer(linger, end, 'upkeep')
  }
}
