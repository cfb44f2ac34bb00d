import { type AnyContract, ChatError, clientParts, type Room, type Undo } from '@chat/core'

/**
 * State of a room in a snapshot: `joining` until the hub has accepted the client, `live` from then on, also over
 * lost connections, and `ended` when the hub has refused the room or taken it away, the room was left, or the
 * client was closed.
 */
export type RoomState = 'joining' | 'live' | 'ended'

/** Returns the error of an end that the application has not asked for; `null` for its own `leave` or `close`. */
export const unasked = (error: unknown): ChatError | null =>
  error instanceof ChatError && error.code !== 'closed' ? error : null

/**
 * Calls `tell` when the hub has accepted a room, and when the room ends. Nothing is told of a handle that the
 * application leaves later. Returns the function that ends it.
 */
export function watchRoom<C extends AnyContract>(
  room: Room<C>,
  tell: (state: RoomState, error: ChatError | null) => void,
): Undo {
  let ended = false
  const end = (error: unknown): void => {
    if (ended) return
    ended = true
    tell('ended', unasked(error))
  }
  const over = clientParts(room).ended
  if (over !== null) {
    end(over)
    return () => {}
  }
  const undo = room.on('$leave', ({ error }) => end(error))
  room.ready.then(() => {
    if (!ended) tell('live', null)
  }, end)
  return () => {
    ended = true
    undo()
  }
}
