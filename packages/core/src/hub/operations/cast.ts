import type { CastFrame } from '../../protocol/client-frames.ts'
import type { WireError } from '../../protocol/encode.ts'
import { encodeValue } from '../../protocol/json.ts'
import { encodeMeta } from '../../protocol/meta.ts'
import { attempt, whenReady } from '../../runtime/maybe-promise.ts'
import { addressKind } from '../../vocabulary/address.ts'
import type { ErrorCode } from '../../vocabulary/errors.ts'
import type { Meta } from '../../vocabulary/meta.ts'
import { type CastMessage, writeCast } from '../connections/cast-message.ts'
import type { HubContext } from '../context.ts'
import { allNodesChannel } from '../nodes/node-channels.ts'
import { shownName } from '../observation.ts'
import { authorizeContent } from '../policy/authorize.ts'
import type { SoundContent } from '../policy/replacement.ts'
import type { Turn } from '../sessions/address-queues.ts'
import type { Session } from '../sessions/session.ts'
import { checkEvent, checkMeta, checkValue, validateEvent } from './checks.ts'
import { notifyListeners } from './notify.ts'

/**
 * Publishes a cast of a client, and then calls the listeners. A cast that is refused is counted, and not
 * answered.
 *
 * @param bytes - Bytes of the frame's text, which count while the cast waits for the policy (P-LV-10).
 */
export function cast(session: Session, frame: CastFrame, bytes: number): void {
  const { context } = session
  const { address, event, key } = frame
  const drop = ({ code }: { readonly code: ErrorCode }): void => {
    context.counters.droppedCasts++
    observeDrop(session, frame, code)
  }
  const refuse = (refusal: WireError): void => {
    context.reportRefusedCast(event, refusal)
    drop(refusal)
  }
  const refused = session.charges.operation(Number.POSITIVE_INFINITY) ?? checkCast(context, frame)
  if (refused !== null) return drop(refused)
  const meta = frame.meta as Meta | null
  const valid = validateEvent(session, event, frame.data)
  if ('code' in valid) return refuse(valid)
  const run = (turn: Turn): void => {
    const content = {
      data: valid.json ?? encodeValue(frame.data),
      meta: meta === null ? null : encodeMeta(meta),
      value: valid.data,
      facts: meta,
    }
    const publish = (allowed: WireError | SoundContent): void => {
      turn.done()
      if ('code' in allowed) return refuse(allowed)
      const { data, value, facts } = allowed
      const { userId: from } = session
      publishCast(context, { address, event, data, meta: allowed.meta, from, session: session.id, key })
      if (!context.listeners.has(event)) return
      const absent = { id: null, position: null, time: null }
      notifyListeners(session, { event, address, meta: facts, durable: false, ...absent }, value)
    }
    const request = { action: 'cast', address, event, data: valid.data, meta } as const
    const failed = (): void => drop({ code: 'internal' })
    whenReady(authorizeContent(session, request, content), publish, failed)
  }
  session.queues.runTask(address, run, { bytes })
}

function observeDrop({ context, id: session }: Session, frame: CastFrame, code: ErrorCode): void {
  const [address, event] = [shownName(frame.address), shownName(frame.event)]
  context.observe?.({ type: 'drop', address, event, session, code, readers: 0 })
}

function checkCast({ limits }: HubContext, { address, event, data, meta }: CastFrame): WireError | null {
  const kind = addressKind(address)
  if (kind === null || kind === 'stream') return malformed
  return checkEvent(event) ?? checkMeta(meta) ?? checkValue(data, limits.depth)
}

const malformed: WireError = {
  code: 'bad_request',
  message: 'unable to cast: the address is malformed, or a stream',
}

/** Hands a cast to every node that has readers of its address. */
export function publishCast(context: HubContext, message: CastMessage): void {
  const channel = message.address.startsWith('~') ? allNodesChannel : message.address
  attempt(
    () => context.backplane.publish(channel, writeCast(message)),
    () => {},
    (error) => context.reportBackplane(error, message.address),
  )
}
