import type { StateFrame, WhoFrame } from '../../protocol/client-frames.ts'
import type { WireError } from '../../protocol/encode.ts'
import { encodeValue } from '../../protocol/json.ts'
import { memberPage } from '../../protocol/limits.ts'
import { attempt } from '../../runtime/maybe-promise.ts'
import type { Undo } from '../../runtime/runtime.ts'
import { ChatError, UsageError } from '../../vocabulary/errors.ts'
import type { PresenceMember } from '../../vocabulary/member.ts'
import { exceedsBytes } from '../../vocabulary/text.ts'
import type { HubContext } from '../context.ts'
import type { PresenceRules } from '../options.ts'
import { authorize, stillAllowed } from '../policy/authorize.ts'
import type { Session } from '../sessions/session.ts'
import { leaseOf, RoomPresence } from './room-presence.ts'

/** For how long a roster is kept that nobody here needs. */
const idleTime = 10_000

const unsupported: WireError = {
  code: 'unsupported',
  message: 'unable to tell who is here: there is no presence in this room',
}
const unavailable: WireError = { code: 'unavailable', message: 'unable to tell who is here: out of reach' }

/**
 * Who is in the rooms of this node that have presence: a roster each, and the lease that keeps this node's sessions in them.
 *
 * @internal
 */
export class PresenceRegistry {
  readonly #node: HubContext
  readonly #rules: PresenceRules
  readonly #rosters = new Map<string, RoomPresence>()
  /** Rosters that nobody here needs, until their timers. */
  readonly #idle = new Map<RoomPresence, Undo>()
  readonly #unwatch: Undo

  constructor(node: HubContext, rules: PresenceRules) {
    this.#node = node
    this.#rules = rules
    this.#unwatch = node.backplane.onReconnect(() => this.check())
  }

  /** Whether an address is a room with presence. */
  has(address: string): boolean {
    if (!address.startsWith('#')) return false
    try {
      return this.#rules.rooms(address)
    } catch (error) {
      this.#node.fault({ error, source: 'policy', subject: address })
      return false
    }
  }

  /** The roster of a room, held until {@link PresenceRegistry.release}; `null` where there is no presence. */
  acquire(address: string): RoomPresence | null {
    if (!this.has(address)) return null
    let roster = this.#rosters.get(address)
    if (roster === undefined) {
      roster = new RoomPresence(address, this.#node, this.#rules)
      this.#rosters.set(address, roster)
    }
    this.hold(roster)
    return roster
  }

  /** One more needs a roster, until {@link PresenceRegistry.release}. */
  hold(roster: RoomPresence): void {
    if (roster.holds++ === 0) this.#wake(roster)
  }

  /** A roster that nobody here needs is kept for a while: many who only ask, one after the other, are not to cost a reading of all members each. */
  release(roster: RoomPresence): void {
    if (--roster.holds > 0) return
    if (this.#rosters.get(roster.address) !== roster || roster.empty) this.#drop(roster)
    else
      this.#idle.set(
        roster,
        this.#node.runtime.timer(idleTime, () => this.#drop(roster)),
      )
  }

  #drop(roster: RoomPresence): void {
    this.#wake(roster)
    roster.close()
    if (this.#rosters.get(roster.address) === roster) this.#rosters.delete(roster.address)
  }

  #wake(roster: RoomPresence): void {
    this.#idle.get(roster)?.()
    this.#idle.delete(roster)
  }

  /** Renews the lease, and looks after what no hint has told of. */
  check(): void {
    if (this.#rosters.size === 0) return
    this.#lease()
    for (const roster of this.#rosters.values()) roster.check()
  }

  /** Whoever was here has the grace to come back at another node. */
  close(): void {
    this.#unwatch()
    if (this.#rosters.size > 0) this.#lease(this.#rules.grace)
    for (const roster of this.#rosters.values()) this.#drop(roster)
  }

  /** Why a state cannot be taken; `null` when it can. */
  badState(state: unknown): WireError | null {
    if (!exceedsBytes(encodeValue(state), this.#rules.state)) return null
    return {
      code: 'too_large',
      message: `unable to take this state: ${this.#rules.state} bytes are the limit`,
    }
  }

  #lease(ttl?: number): void {
    attempt(
      () => this.#node.backplane.presence.lease(this.#node.id, leaseOf(this.#node, ttl)),
      () => {},
      (error) => this.#node.report(error, 'presence'),
    )
  }
}

/**
 * Who is in a room, at any node: as the store has it, which is what the nodes agree on.
 *
 * @throws UsageError when there is no presence at this address.
 * @throws ChatError `unavailable` when the backplane is out of reach.
 * @internal
 */
export async function membersOf(
  { backplane, presence }: HubContext,
  address: string,
): Promise<readonly PresenceMember[]> {
  if (!address.startsWith('#'))
    throw new UsageError(`unable to tell who is in ${JSON.stringify(address)}: it is no room`)
  if (!presence?.has(address))
    throw new UsageError(
      `unable to tell who is in ${JSON.stringify(address)}: it has no presence; say so in the hub's option \`presence\``,
    )
  try {
    const page = await backplane.presence.members(address, null)
    return (page?.members ?? []).map(({ session, user, state }) => ({ session, user, state }))
  } catch (cause) {
    throw new ChatError('unavailable', 'unable to tell who is here: the backplane is out of reach', { cause })
  }
}

/**
 * Makes a session present in a room it is about to receive: `then` gets its roster, held for it; `null` where there is no presence.
 *
 * @internal
 */
export function enterPresence(
  session: Session,
  address: string,
  state: unknown,
  then: (outcome: { roster: RoomPresence | null } | { refused: WireError }) => void,
): void {
  const { node, id, generation, user } = session
  const roster = node.presence?.acquire(address) ?? null
  if (roster === null) return then({ roster })
  const failed = (error: unknown): void => {
    node.report(error, address)
    node.presence?.release(roster)
    then({ refused: unavailable })
  }
  const bad = state === undefined ? null : (node.presence?.badState(state) ?? null)
  if (bad !== null) {
    node.presence?.release(roster)
    return then({ refused: bad })
  }
  const entering = { session: id, user: user.id, generation, node: node.id }
  roster.open(
    () =>
      roster.enter(state === undefined ? entering : { ...entering, state }, () => then({ roster }), failed),
    failed,
  )
}

/**
 * Changes what a session says of itself in a room.
 *
 * @internal
 */
export function changeState(session: Session, frame: StateFrame, done: () => void): void {
  const { node } = session
  const { ref, address, data } = frame
  const settle = (refused: WireError | null): void => {
    if (refused === null) session.ok(ref)
    else session.err(ref, refused)
    done()
  }
  const bad = session.badAddress(address, data)
  if (bad !== null) return settle(bad)
  const roster = node.presence?.acquire(address) ?? null
  if (roster === null) return settle(unsupported)
  const release = (refused: WireError | null): void => {
    node.presence?.release(roster)
    settle(refused)
  }
  if (!session.memberships.has(address))
    return release({ code: 'not_found', message: 'unable to change the state: this room is not joined' })
  const large = node.presence?.badState(data) ?? null
  if (large !== null) return release(large)
  const { id, generation, user } = session
  roster.enter(
    { session: id, user: user.id, generation, node: node.id, state: data },
    () => {
      // It was taken from the room meanwhile, or is gone.
      if (!session.memberships.has(address)) roster.depart(id, generation, session.departure)
      release(null)
    },
    (error) => {
      node.report(error, address)
      release(unavailable)
    },
  )
}

/**
 * Answers who is in a room.
 *
 * @internal
 */
export function tellWho(session: Session, frame: WhoFrame, done: () => void): void {
  const { node } = session
  const { ref, address, after } = frame
  const refuse = (error: WireError): void => {
    session.err(ref, error)
    done()
  }
  const bad = session.badAddress(address)
  if (bad !== null) return refuse(bad)
  const roster = node.presence?.acquire(address) ?? null
  if (roster === null) return refuse(unsupported)
  const release = (refused: WireError | null): void => {
    node.presence?.release(roster)
    if (refused !== null) return refuse(refused)
    done()
  }
  const wish = { action: 'who', address } as const
  const asked = session.revision
  authorize(session, wish, (refused) => {
    if (refused !== null) return release(refused)
    const answer = (): void =>
      stillAllowed(session, wish, asked, (revoked) => {
        if (revoked === null)
          session.ok(
            ref,
            roster.bulletin.page(after, Math.min(frame.limit ?? memberPage.members, memberPage.max)),
          )
        release(revoked)
      })
    roster.open(answer, (error) => {
      node.report(error, address)
      release(unavailable)
    })
  })
}
