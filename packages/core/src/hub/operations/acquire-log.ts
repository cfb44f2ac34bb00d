import type { WireError } from '../../protocol/encode.ts'
import { encodeValue } from '../../protocol/json.ts'
import { isPromise, type MaybePromise } from '../../runtime/maybe-promise.ts'
import type { Position } from '../../vocabulary/position.ts'
import type { LogFeed } from '../delivery/log-feed.ts'
import type { Departure, RoomPresence } from '../presence/room-presence.ts'
import type { Session } from '../sessions/session.ts'
import type { AcquiredLog } from '../sessions/subscriptions.ts'

/** A log that a session wants to receive. */
export interface LogRequest {
  /** The address of the log. */
  readonly address: string
  /** The position to go on from; `null` for the top. */
  readonly since: Position | null
  /** The presence state; `undefined` for the state that the session had before in this room. */
  readonly state: unknown
}

/** The outcome of {@link acquireLog}. `error` is the backplane's error when the log is out of reach. */
export type AcquireOutcome = AcquiredLog | { readonly refused: WireError; readonly error?: unknown }

/** The error of a join whose log is out of reach. */
export const unreachable: WireError = {
  code: 'unavailable',
  message: 'unable to join: the log is out of reach',
}

/** The error of an operation for which the presence store is out of reach. */
export const presenceUnavailable: WireError = {
  code: 'unavailable',
  message: 'unable to tell the members of this room: the presence store is out of reach',
}

/** The outcome for a session whose connection has ended. No client gets it. */
const connectionEnded: WireError = {
  code: 'unavailable',
  message: 'unable to join: the connection has ended',
}

/**
 * Takes a log for a session: opens its feed, checks the position, and makes the session present in a room
 * with presence; in this very call when there is nothing to wait for. The caller attaches the log, or gives
 * it back with {@link releaseLog}.
 */
export function acquireLog(session: Session, request: LogRequest): MaybePromise<AcquireOutcome> {
  const { address, since } = request
  const { context, feeds } = session
  const feed = feeds.acquireFeed(address)
  const failed = (error: unknown): AcquireOutcome => {
    context.reportBackplane(error, address)
    feeds.releaseFeed(feed)
    return { refused: unreachable, error }
  }
  try {
    const opening = feed.open(since)
    if (isPromise(opening)) return opening.then(() => prepareLog(session, feed, request), failed)
  } catch (error) {
    return failed(error)
  }
  if (since === null && session.presence === null) return { feed, since, reason: null, room: null }
  return prepareLog(session, feed, request)
}

/** Checks the position in an open log, and makes the session present. */
async function prepareLog(
  session: Session,
  feed: LogFeed,
  { address, since, state }: LogRequest,
): Promise<AcquireOutcome> {
  const reason = since === null ? null : await feed.checkPosition(since)
  const entered = await enterPresence(session, address, state)
  if (!('refused' in entered)) return { feed, since, reason, room: entered.room }
  session.feeds.releaseFeed(feed)
  return entered
}

/** Gives back a log that a session does not attach. */
export function releaseLog(
  session: Session,
  { feed, room }: Pick<AcquiredLog, 'feed' | 'room'>,
  departure: Departure,
): void {
  session.feeds.releaseFeed(feed)
  if (room === null) return
  // A session that has joined the room before stays in it.
  if (!session.subscriptions.has(feed.address)) room.depart(session.id, session.generation, departure)
  room.release()
}

/**
 * Gives back a room that a session does not enter, because its connection has ended meanwhile. A session that
 * was in the room before it was resumed leaves it as the connection ended.
 */
function withdraw(session: Session, room: RoomPresence): void {
  const { resumed, departure, id, generation } = session
  if (resumed && departure !== 'lost') room.depart(id, generation, departure)
  room.release()
}

/**
 * Makes a session present in a room. The room is held for the session; it is `null` for an address without
 * presence.
 */
async function enterPresence(
  session: Session,
  address: string,
  state: unknown,
): Promise<{ room: RoomPresence | null } | { refused: WireError }> {
  const { context, presence, id, generation, userId } = session
  const room = (await presence?.acquireRoom(address)) ?? null
  if (presence === null || room === null) return { room: null }
  if (session.ended) {
    withdraw(session, room)
    return { refused: connectionEnded }
  }
  const json = state === undefined ? undefined : encodeValue(state)
  const bad = json === undefined ? null : presence.checkState(state, json)
  if (bad !== null) {
    room.release()
    return { refused: bad }
  }
  const entering = { session: id, user: userId, generation, node: context.id }
  try {
    await room.open()
    if (session.ended) {
      withdraw(session, room)
      return { refused: connectionEnded }
    }
    await room.enter({ ...entering, state: json })
    return { room }
  } catch (error) {
    context.reportBackplane(error, address)
    room.release()
    return { refused: presenceUnavailable }
  }
}
