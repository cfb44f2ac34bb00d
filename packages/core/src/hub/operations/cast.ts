import type { CastFrame } from '../../protocol/client-frames.ts'
import type { WireError } from '../../protocol/encode.ts'
import { valueFault } from '../../protocol/values.ts'
import { attempt, whenReady } from '../../runtime/maybe-promise.ts'
import { addressKind } from '../../vocabulary/address.ts'
import type { CastMessage } from '../connections/cast-message.ts'
import type { HubContext } from '../context.ts'
import { authorize } from '../policy/authorize.ts'
import type { Session } from '../sessions/session.ts'
import { sessionChannel } from '../sessions/session-channel.ts'
import { checkEvent, validateEvent } from './checks.ts'
import { notifyListeners } from './notify.ts'

/**
 * Publishes a cast of a client, and then calls the listeners. A cast that is refused is counted, and not
 * answered.
 */
export function cast(session: Session, frame: CastFrame): void {
  const { context } = session
  const { address, event, key } = frame
  const drop = (): void => {
    context.counters.droppedCasts++
  }
  if (session.chargeRate(Number.POSITIVE_INFINITY) !== null) return drop()
  if (addressKind(address) === null || checkEvent(event) !== null) return drop()
  if (valueFault(frame.data, context.limits.depth) !== null) return drop()
  const valid = validateEvent(session, event, frame.data)
  if ('code' in valid) return drop()
  session.queues.runTask(address, (done) => {
    const publish = (refused: WireError | null): void => {
      done()
      if (refused !== null) return drop()
      publishCast(context, {
        address,
        event,
        data: frame.data,
        from: session.user.id,
        session: session.id,
        key,
      })
      notifyListeners(session, { event, address, durable: false, id: null, position: null }, valid.data)
    }
    whenReady(authorize(session, { action: 'cast', address, event, data: valid.data }), publish, drop)
  })
}

/** Hands a cast to every node that has readers of its address. */
export function publishCast(context: HubContext, message: CastMessage): void {
  const channel = message.address.startsWith('~') ? sessionChannel : message.address
  attempt(
    () => context.backplane.publish(channel, message),
    () => {},
    (error) => context.reportBackplane(error, message.address),
  )
}
