import type { CallFrame } from '../../protocol/client-frames.ts'
import type { WireError } from '../../protocol/encode.ts'
import { encodeValue } from '../../protocol/json.ts'
import { answerBytes } from '../../protocol/limits.ts'
import { attempt } from '../../runtime/maybe-promise.ts'
import { createAborter, onAbort } from '../../runtime/signal.ts'
import { ChatError } from '../../vocabulary/errors.ts'
import type { Meta } from '../../vocabulary/meta.ts'
import { exceedsBytes } from '../../vocabulary/text.ts'
import type { HubContext } from '../context.ts'
import type { CallContext } from '../events.ts'
import type { Session } from '../sessions/session.ts'
import { checkEvent, checkMeta, checkValue } from './checks.ts'

/**
 * Runs the handler of a call, at most once per connection (P-PB-7), and answers with its result. It runs in
 * one call when the handler answers at once.
 *
 * @param first - True when the ref is above all refs before it on the connection.
 */
export function call(session: Session, frame: CallFrame, first: boolean): void {
  const { context } = session
  const { ref, event } = frame
  const where = { source: 'handler', session: session.id, subject: event } as const
  const refuse = (error: WireError): void => {
    session.err(ref, error)
    session.window.end('publishing')
  }
  const refused = session.chargeRate(ref) ?? checkEvent(event) ?? checkCall(context, frame, first)
  if (refused !== null) return refuse(refused)
  const handler = context.listeners.handler(event)
  if (handler === undefined)
    return refuse({ code: 'not_found', message: `unable to call '${event}': it has no handler` })
  const pending = openCall(session, frame, refuse)
  attempt(
    () => handler(context.validator.operation('calls', 'input', event, frame.data), pending.context),
    (result) =>
      pending.settle(() => {
        const outcome = encodeResult(context, event, result)
        if ('json' in outcome) session.ok(ref, outcome.json)
        else session.err(ref, context.wireError(outcome.error, where))
        session.window.end('publishing')
      }),
    (error) => pending.settle(() => refuse(context.wireError(error, where))),
  )
}

function checkCall(context: HubContext, frame: CallFrame, first: boolean): WireError | null {
  const bad = checkMeta(frame.meta) ?? checkValue(frame.data, context.limits.depth)
  if (bad !== null) return bad
  return first
    ? null
    : { code: 'conflict', message: 'unable to call: this ref is not above all refs before it' }
}

/**
 * Makes the handler's context, and a function that settles the call once: by its outcome, by the timeout, or
 * by the end of the connection.
 */
function openCall(session: Session, { event, meta }: CallFrame, timedOut: (error: WireError) => void) {
  const { context: hub, user } = session
  const aborter = createAborter()
  let settled = false
  const settle = (then: () => void): void => {
    if (settled) return
    settled = true
    cancel()
    ignore()
    then()
  }
  const cancel = hub.runtime.timer(hub.timeouts.call, () => {
    const message = `unable to answer '${event}': it took too long`
    settle(() => timedOut({ code: 'timeout', message }))
    aborter.abort(new ChatError('timeout', message))
  })
  const ignore = onAbort(session.aborter.signal, (reason) => aborter.abort(reason))
  const context: CallContext = { event, meta: meta as Meta | null, user, session, signal: aborter.signal }
  return { context, settle }
}

/**
 * Encodes the result of a handler. A result that cannot be sent is the handler's mistake, so the client gets
 * `internal`.
 */
function encodeResult(
  context: HubContext,
  event: string,
  result: unknown,
): { json: string } | { error: unknown } {
  try {
    context.validator.operation('calls', 'output', event, result)
    const json = encodeValue(result)
    if (!exceedsBytes(json, answerBytes)) return { json }
    return { error: new Error(`unable to answer '${event}': the result is over ${answerBytes} bytes`) }
  } catch (cause) {
    return {
      error: new Error(`unable to answer '${event}': the result does not fit the contract`, { cause }),
    }
  }
}
