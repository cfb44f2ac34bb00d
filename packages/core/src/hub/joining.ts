import type { Attachment, GapReason, Position } from '../position.ts'
import type { JoinFrame, LeaveFrame } from '../protocol/client-frames.ts'
import { valueFault } from '../protocol/values.ts'
import type { Feed } from './feed.ts'
import type { Node } from './node.ts'
import { authorize } from './policy.ts'
import type { Session } from './session.ts'

/**
 * Lets a session receive an address: authorised, examined, and then attached and answered in one synchronous step (P-ST-4).
 *
 * @internal
 */
export function join(session: Session, frame: JoinFrame, done: () => void): void {
  const { node } = session
  const { ref, address, since } = frame
  const refuse = (error: Parameters<Session['err']>[1]): void => {
    session.err(ref, error)
    done()
  }
  const bad = session.badAddress(address)
  if (bad !== null) return refuse(bad)
  if (valueFault(frame.state, node.limits.depth) !== null)
    return refuse({
      code: 'bad_payload',
      message: 'unable to take this state: it nests too deep, or a number is too large',
    })
  const enter = (): void => {
    if (session.ended) return done()
    const present = since === null ? session.memberships.describe(address) : null
    if (present !== null) {
      session.ok(ref, JSON.stringify(present))
      return done()
    }
    if (address.startsWith('#') && !session.memberships.has(address) && session.memberships.full)
      return refuse({
        code: 'too_large',
        message: `unable to join: ${node.limits.rooms} rooms are the limit`,
      })
    examine(node, address, since, {
      attach(feed, reason) {
        if (session.ended) node.router.release(feed)
        else answer(session, ref, session.memberships.attach(feed, since, reason))
        done()
      },
      unavailable: () => refuse({ code: 'unavailable', message: 'unable to join: the log is out of reach' }),
    })
  }
  if (!address.startsWith('#')) return enter()
  authorize(session, { action: 'join', address }, (refused) => {
    if (refused !== null) refuse(refused)
    else enter()
  })
}

interface Examined {
  attach(feed: Feed, reason: GapReason | null): void
  unavailable(): void
}

function examine(node: Node, address: string, since: Position | null, then: Examined): void {
  const feed = node.router.acquire(address)
  feed.open(
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

function answer(session: Session, ref: number, attachment: Attachment): void {
  session.ok(ref, JSON.stringify(attachment))
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
