import type { GapReason, Position } from '../position.ts'
import type { JoinFrame, LeaveFrame } from '../protocol/client-frames.ts'
import type { WireError } from '../protocol/encode.ts'
import type { Feed } from './feed.ts'
import type { Node } from './node.ts'
import { authorize, stillAllowed } from './policy.ts'
import type { Session } from './session.ts'

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

function enter(session: Session, { ref, address, since }: JoinFrame, { settle, confirm }: Admission): void {
  const { memberships, node } = session
  const present = since === null ? memberships.describe(address) : null
  if (present !== null) {
    session.ok(ref, JSON.stringify(present))
    return settle(null)
  }
  const full: WireError = {
    code: 'too_large',
    message: `unable to join: ${node.limits.rooms} rooms are the limit`,
  }
  if (memberships.full(address)) return settle(full)
  examine(node, address, since, {
    attach(feed, reason) {
      confirm((refused) => {
        // While the log was read the connection may have ended, or another room have taken the last place.
        const late = session.ended || memberships.full(address) ? full : null
        if ((refused ?? late) === null) answer(session, ref, { feed, since, reason })
        else node.router.release(feed)
        settle(refused ?? late)
      })
    },
    unavailable: () => settle({ code: 'unavailable', message: 'unable to join: the log is out of reach' }),
  })
}

/** A feed that can be attached, and why its reader cannot go on where it was. */
interface Granted {
  readonly feed: Feed
  readonly since: Position | null
  readonly reason: GapReason | null
}

interface Examined {
  attach(feed: Feed, reason: GapReason | null): void
  unavailable(): void
}

function examine(node: Node, address: string, since: Position | null, then: Examined): void {
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
function answer(session: Session, ref: number, { feed, since, reason }: Granted): void {
  const { memberships } = session
  session.ok(ref, JSON.stringify(memberships.attach(feed, since, reason)))
  memberships.announce()
  session.pump()
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
