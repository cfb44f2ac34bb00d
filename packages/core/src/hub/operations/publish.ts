import type { AppendKey, AppendResult, OutgoingMessage } from '../../backplane/backplane.ts'
import type { CastFrame, SendFrame } from '../../protocol/client-frames.ts'
import type { WireError } from '../../protocol/encode.ts'
import { encodeValue } from '../../protocol/json.ts'
import { valueFault } from '../../protocol/values.ts'
import { fingerprint } from '../../runtime/hash.ts'
import { attempt } from '../../runtime/maybe-promise.ts'
import { addressKind } from '../../vocabulary/address.ts'
import type { HubContext } from '../context.ts'
import type { CastMessage } from '../delivery/log-feed.ts'
import type { HubCast, HubDelivery, HubMessage } from '../events.ts'
import { authorize } from '../policy/authorize.ts'
import type { Session } from '../sessions/session.ts'
import { badEvent, badPayload } from './payload-checks.ts'

const conflict: WireError = {
  code: 'conflict',
  message: 'unable to send: this ref was used for something else, or is too old to be known',
}

/** A message that passed every check but the policy's. */
interface Accepted {
  readonly data: unknown
}

/**
 * Publishes a durable message: recognises a repetition, checks in the order of P-FR-9, appends, answers with its
 * position, and then tells the application.
 *
 * @internal
 */
export function sendMessage(session: Session, frame: SendFrame, mayRepeat: boolean, done: () => void): void {
  const { node } = session
  const { ref, address, event } = frame
  const refuse = (error: WireError): void => {
    session.err(ref, error)
    done()
  }
  const sound = valueFault(frame.data, node.limits.depth) === null
  const json = sound ? encodeValue(frame.data) : ''
  const key: AppendKey = {
    user: session.user.id,
    session: session.id,
    ref,
    hash: sound ? fingerprint(`${event}\n${json}`) : '',
    window: node.limits.inflight,
    by: node.id,
  }
  const proceed = (): void => {
    const over = mayRepeat ? session.overRate(ref) : null
    const accepted = over ?? acceptable(session, frame, sound)
    if ('code' in accepted) return refuse(accepted)
    authorize(session, { action: 'send', address, event, data: accepted.data }, (refused) => {
      if (refused !== null) return refuse(refused)
      const message: OutgoingMessage = {
        event,
        data: frame.data,
        from: session.user.id,
        id: `${session.id}.${ref}`,
        json,
      }
      node.append(address, message, key, (appended) => {
        answer(session, ref, appended)
        done()
        if (appended.outcome === 'stored') tell(session, frame, accepted.data, appended)
      })
    })
  }
  if (!mayRepeat || !sound || addressKind(address) === null) return proceed()
  attempt(
    () => node.backplane.find(address, key),
    (known) => {
      if (known === null || known.outcome === 'conflict') return proceed()
      answer(session, ref, known)
      done()
    },
    (error) => {
      // Whether it is a repetition is not known: the append itself will tell.
      node.report(error, address)
      proceed()
    },
  )
}

function answer(session: Session, ref: number, appended: AppendResult): void {
  if (appended.outcome === 'conflict') return session.err(ref, conflict)
  const { epoch, at, id } = appended
  const dup = appended.outcome === 'duplicate' ? { dup: true } : {}
  session.ok(ref, JSON.stringify({ epoch, at, id, ...dup }))
}

function acceptable(session: Session, frame: SendFrame, sound: boolean): Accepted | WireError {
  const kind = addressKind(frame.address)
  if (kind === null) return { code: 'bad_request', message: 'unable to send: this is no address' }
  const bad = badEvent(frame.event)
  if (bad !== null) return bad
  if (kind === 'session')
    return { code: 'unsupported', message: 'unable to send: a session takes casts and asks only' }
  return sound ? validated(session, frame) : badPayload
}

function validated(session: Session, { event, data }: SendFrame | CastFrame): Accepted | WireError {
  const { node } = session
  try {
    return { data: node.guard.event(event, data) }
  } catch (error) {
    return node.wireError(error, { source: 'handler', session: session.id, subject: event })
  }
}

function tell(session: Session, frame: SendFrame, data: unknown, appended: AppendResult): void {
  if (appended.outcome === 'conflict') return
  const { epoch, at, id } = appended
  const { event, address } = frame
  notify(session, { event, address, durable: true, id, position: [epoch, at, id] }, data)
}

/** A message or cast as its listeners get it, without its sender. */
type Unsigned<Delivery> = Omit<Delivery, 'from' | 'user' | 'session'>

function notify(session: Session, delivery: Unsigned<HubMessage> | Unsigned<HubCast>, data: unknown): void {
  const { node, user } = session
  const message = { ...delivery, from: user.id, user, session } as HubDelivery
  for (const listener of node.listeners.listeners(delivery.event))
    attempt(
      () => (listener as (data: unknown, message: HubDelivery) => unknown)(data, message),
      () => {},
      (error) => node.fault({ error, source: 'handler', session: session.id, subject: delivery.event }),
    )
}

/**
 * Publishes a volatile message. What is wrong with it is counted, never answered.
 *
 * @internal
 */
export function castMessage(session: Session, frame: CastFrame): void {
  const { node } = session
  const { address, event, key } = frame
  const drop = (): void => {
    node.counters.droppedCasts++
  }
  if (session.overRate(Number.POSITIVE_INFINITY) !== null) return drop()
  if (addressKind(address) === null || badEvent(event) !== null) return drop()
  if (valueFault(frame.data, node.limits.depth) !== null) return drop()
  const accepted = validated(session, frame)
  if ('code' in accepted) return drop()
  session.lanes.run(address, (done) =>
    authorize(session, { action: 'cast', address, event, data: accepted.data }, (refused) => {
      done()
      if (refused !== null) return drop()
      publishCast(node, { address, event, data: frame.data, from: session.user.id, session: session.id, key })
      notify(session, { event, address, durable: false, id: null, position: null }, accepted.data)
    }),
  )
}

/** The channel on which every node takes what concerns its sessions: casts to one of them, and that another node has taken one over. */
export const sessionChannel = '~'

/** A session goes on at another node: an older connection of it ends (P-HS-5). */
export interface Takeover {
  readonly takeover: string
  /** Of the newest connection: a notice that comes late must not end a newer one. */
  readonly generation: number
}

/**
 * Hands a volatile message to every node that has readers of its address.
 *
 * @internal
 */
export function publishCast(node: HubContext, cast: CastMessage): void {
  const channel = cast.address.startsWith('~') ? sessionChannel : cast.address
  attempt(
    () => node.backplane.publish(channel, cast),
    () => {},
    (error) => node.report(error, cast.address),
  )
}
