import type { JoinFrame, LeaveFrame } from '../../protocol/client-frames.ts'
import { encodeLogStart, type WireError } from '../../protocol/encode.ts'
import { memberPage } from '../../protocol/limits.ts'
import type { GapReason, LogStart, Position } from '../../vocabulary/position.ts'
import type { HubContext } from '../context.ts'
import type { LogFeed } from '../delivery/log-feed.ts'
import { authorize, stillAllowed } from '../policy/authorize.ts'
import { enterPresence } from '../presence/presence-registry.ts'
import type { Departure } from '../presence/room-presence.ts'
import type { Session } from '../sessions/session.ts'
import type { Granted } from '../sessions/subscriptions.ts'

/** How a join goes on: what settles it, and what tells at the last moment whether it is still allowed. */
interface Admission {
  settle(refused: WireError | null): void
  confirm(then: (refused: WireError | null) => void): void
}

/**
 * Lets a session receive an address: authorised, examined, and then attached and answered in one synchronous step (P-ST-4).
 *
 * @internal
 */
export function join(session: Session, frame: JoinFrame, done: () => void): void {
  const { ref, address, state } = frame
  const settle = (refused: WireError | null): void => {
    if (refused !== null) session.err(ref, refused)
    done()
  }
  const bad = session.badAddress(address, state)
  if (bad !== null) return settle(bad)
  if (!address.startsWith('#')) return enter(session, frame, { settle, confirm: (then) => then(null) })
  const wish = { action: 'join', address } as const
  const asked = session.revision
  authorize(session, wish, (refused) => {
    if (refused !== null) settle(refused)
    else enter(session, frame, { settle, confirm: (then) => stillAllowed(session, wish, asked, then) })
  })
}

function enter(session: Session, frame: JoinFrame, { settle, confirm }: Admission): void {
  const { ref, address, since, state } = frame
  const { memberships, node } = session
  const present = since === null ? memberships.describe(address) : null
  if (present !== null) {
    session.ok(ref, described(session, address, present))
    return settle(null)
  }
  const full: WireError = {
    code: 'too_large',
    message: `unable to join: ${node.limits.rooms} rooms are the limit`,
  }
  if (memberships.full(address)) return settle(full)
  examine(node, address, since, {
    attach(feed, reason) {
      enterPresence(session, address, state, (seated) => {
        if ('refused' in seated) {
          node.router.release(feed)
          return settle(seated.refused)
        }
        const { roster } = seated
        confirm((refused) => {
          // While the log was read the connection may have ended, or another room have taken the last place.
          const late = session.ended || memberships.full(address) ? full : null
          if ((refused ?? late) === null) answer(session, ref, { feed, since, reason, roster })
          else withdraw(session, { feed, roster }, session.departure)
          settle(refused ?? late)
        })
      })
    },
    unavailable: () => settle({ code: 'unavailable', message: 'unable to join: the log is out of reach' }),
  })
}

interface Examined {
  attach(feed: LogFeed, reason: GapReason | null): void
  unavailable(): void
}

function examine(node: HubContext, address: string, since: Position | null, then: Examined): void {
  const feed = node.router.acquire(address)
  feed.open(
    since,
    () => {
      if (since === null) then.attach(feed, null)
      else feed.examine(since, (reason) => then.attach(feed, reason))
    },
    (error) => {
      node.report(error, address)
      node.router.release(feed)
      then.unavailable()
    },
  )
}

/** The answer comes first: what the application says to `$join` is already live (P-ST-10). */
function answer(session: Session, ref: number, granted: Granted): void {
  const { memberships } = session
  // What the others are still to be told is no news to one that gets the answer.
  granted.roster?.bulletin.flush()
  session.ok(ref, described(session, granted.feed.address, memberships.attach(granted)))
  memberships.announce()
  session.pump()
}

/** Where the reader stands, and in a room with presence who is there (P-PR-1). */
function described({ memberships }: Session, address: string, attachment: LogStart): string {
  const place = encodeLogStart(attachment)
  const roster = memberships.roster(address)
  return roster === null
    ? place
    : `${place.slice(0, -1)},${roster.bulletin.page(undefined, memberPage.members).slice(1)}`
}

/**
 * Gives back what a session was granted and does not take.
 *
 * @internal
 */
export function withdraw(
  { id, generation, node, memberships }: Session,
  { feed, roster }: Pick<Granted, 'feed' | 'roster'>,
  departure: Departure,
): void {
  node.router.release(feed)
  if (roster === null) return
  // A join of a room that was joined before leaves it as it was.
  if (!memberships.has(feed.address)) roster.depart(id, generation, departure)
  node.presence?.release(roster)
}

/**
 * Stops a session's receiving of an address.
 *
 * @internal
 */
export function leave(session: Session, { ref, address }: LeaveFrame, done: () => void): void {
  if (address === '*' || address === session.inbox)
    session.err(ref, { code: 'unsupported', message: 'unable to leave: everyone receives this address' })
  else {
    const bad = session.badAddress(address)
    if (bad?.code === 'bad_request') session.err(ref, bad)
    else {
      session.memberships.detach(address)
      session.ok(ref)
    }
  }
  done()
}
