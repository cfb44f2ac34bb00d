import { addressKind } from '../address.ts'
import type { GapReason, Position } from '../position.ts'
import type { HelloFrame, StreamRequest } from '../protocol/client-frames.ts'
import { Frame } from '../transport/batch.ts'
import type { Feed } from './feed.ts'
import type { Node } from './node.ts'
import { authorize } from './policy.ts'
import type { Session } from './session.ts'

/** A stream of the hello: ready to be attached, or refused. */
type Prepared =
  | { readonly feed: Feed; readonly since: Position | null; readonly reason: GapReason | null }
  | { readonly refused: string }

/**
 * Prepares every stream that a `hello` names, and `*` and the own `@user`, each authorised again (P-HS-7); then attaches them all and
 * writes the `welcome`, in one synchronous step.
 *
 * @internal
 */
export function welcome(
  node: Node,
  session: Session,
  hello: HelloFrame,
  secret: string,
  cancelled: () => boolean,
  failed: (error: unknown) => void,
): void {
  const requests = new Map<string, StreamRequest>([['*', null], [session.inbox, null], ...hello.streams])
  const prepared = new Map<string, Prepared>()
  let rooms = 0
  let failure: { error: unknown } | null = null
  const settle = (address: string, outcome: Prepared): void => {
    prepared.set(address, outcome)
    if (prepared.size < requests.size) return
    if (!cancelled() && failure === null) return open(node, session, secret, requests, prepared)
    for (const outcome of prepared.values()) if ('feed' in outcome) node.router.release(outcome.feed)
    if (failure !== null) failed(failure.error)
  }
  for (const [address, since] of requests) {
    const own = address === '*' || address === session.inbox
    if (!own && addressKind(address) === 'room') rooms++
    prepare(node, session, { address, since, own, over: rooms > node.limits.rooms }, (outcome) => {
      // Without its own inbox a session would be deaf: that is no refusal but a failed handshake.
      if (own && 'refused' in outcome) failure ??= { error: new Error(`unable to open ${address}`) }
      settle(address, outcome)
    })
  }
}

interface Wanted {
  readonly address: string
  readonly since: StreamRequest
  readonly own: boolean
  readonly over: boolean
}

function prepare(node: Node, session: Session, wanted: Wanted, then: (outcome: Prepared) => void): void {
  const { address, since, own, over } = wanted
  const kind = addressKind(address)
  if (kind === null) return then({ refused: 'bad_request' })
  if (since === 'malformed' && !own) return then({ refused: 'bad_request' })
  if (kind !== 'room' && !own) return then({ refused: 'forbidden' })
  if (over) return then({ refused: 'too_large' })
  if (own) return examine(node, address, since === 'malformed' ? null : since, then)
  authorize(node, session, { action: 'join', address }, (refused) => {
    if (refused !== null) then({ refused: refused.code })
    else examine(node, address, since as Position | null, then)
  })
}

function examine(
  node: Node,
  address: string,
  since: Position | null,
  then: (outcome: Prepared) => void,
): void {
  const feed = node.router.acquire(address)
  feed.open(
    () => {
      if (since === null) then({ feed, since, reason: null })
      else feed.examine(since, (reason) => then({ feed, since, reason }))
    },
    (error) => {
      node.report(error, address)
      node.router.release(feed)
      then({ refused: 'unavailable' })
    },
  )
}

function open(
  node: Node,
  session: Session,
  secret: string,
  requests: ReadonlyMap<string, StreamRequest>,
  prepared: ReadonlyMap<string, Prepared>,
): void {
  session.enter()
  const streams: string[] = []
  for (const address of requests.keys()) {
    const outcome = prepared.get(address)
    if (outcome === undefined) continue
    const answer =
      'refused' in outcome
        ? { mode: 'refused', code: outcome.refused }
        : session.memberships.attach(outcome.feed, outcome.since, outcome.reason)
    streams.push(`${JSON.stringify(address)}:${JSON.stringify(answer)}`)
  }
  session.outbox.push(
    new Frame(`["welcome",${head(node, session, secret)},"streams":{${streams.join(',')}}}]`),
  )
  session.announce()
}

/** Everything of the welcome but its streams and the closing brace. Addresses are data: they must not become keys of an object here. */
function head(node: Node, session: Session, secret: string): string {
  const { frame, transmission, depth, rooms, inflight, rate, burst, queue, replay } = node.limits
  const { heartbeat, grace } = node.timeouts
  const { expiresIn } = session.user
  const text = JSON.stringify({
    v: 1,
    session: { id: session.id, secret },
    user: session.user.id,
    resumed: session.resumed,
    node: node.id,
    heartbeat,
    grace,
    limits: { frame, transmission, depth, rooms, inflight, rate, burst, queue, replay },
    durability: node.backplane.capabilities.durability,
    features: [],
    ...(expiresIn === undefined ? {} : { expires: Math.floor(expiresIn) }),
  })
  return text.slice(0, -1)
}
