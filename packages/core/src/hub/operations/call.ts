import type { CallFrame } from '../../protocol/client-frames.ts'
import type { WireError } from '../../protocol/encode.ts'
import { encodeValue } from '../../protocol/json.ts'
import { answerBytes } from '../../protocol/limits.ts'
import { attempt } from '../../runtime/maybe-promise.ts'
import { createAborter, onAbort } from '../../runtime/signal.ts'
import { ChatError } from '../../vocabulary/errors.ts'
import { exceedsBytes } from '../../vocabulary/text.ts'
import type { HubContext } from '../context.ts'
import type { CallContext } from '../events.ts'
import type { Session } from '../sessions/session.ts'
import { badEvent, badValue } from './payload-checks.ts'

/**
 * Runs a call's handler, at most once per connection (P-PB-7), and answers with what it returns.
 *
 * @internal
 */
export function runCall(session: Session, frame: CallFrame, first: boolean, done: () => void): void {
  const { node } = session
  const { ref, event } = frame
  const where = { source: 'handler', session: session.id, subject: event } as const
  const refuse = (error: WireError): void => {
    session.err(ref, error)
    done()
  }
  const refused = session.overRate(ref) ?? badEvent(event) ?? unfit(node, frame, first)
  if (refused !== null) return refuse(refused)
  const handler = node.listeners.handler(event)
  if (handler === undefined)
    return refuse({ code: 'not_found', message: `unable to call '${event}': nobody answers it` })
  const { context, settle } = open(session, event, refuse)
  attempt(
    () => handler(node.guard.operation('calls', 'input', event, frame.data), context),
    (result) =>
      settle(() => {
        const outcome = encodeResult(node, event, result)
        if ('json' in outcome) session.ok(ref, outcome.json)
        else session.err(ref, node.wireError(outcome.error, where))
        done()
      }),
    (error) => settle(() => refuse(node.wireError(error, where))),
  )
}

function unfit(node: HubContext, frame: CallFrame, first: boolean): WireError | null {
  const bad = badValue(frame.data, node.limits.depth)
  if (bad !== null) return bad
  return first ? null : { code: 'conflict', message: 'unable to call: this ref is not above all before it' }
}

/** The handler's context, and what settles the call once: its outcome, the time being up, or the end of the connection. */
function open(session: Session, event: string, late: (error: WireError) => void) {
  const { node } = session
  const aborter = createAborter()
  let settled = false
  const settle = (then: () => void): void => {
    if (settled) return
    settled = true
    cancel()
    ignore()
    then()
  }
  const cancel = node.runtime.timer(node.timeouts.call, () => {
    const message = `unable to answer '${event}': it took too long`
    settle(() => late({ code: 'timeout', message }))
    aborter.abort(new ChatError('timeout', message))
  })
  const ignore = onAbort(session.aborter.signal, (reason) => aborter.abort(reason))
  const { user } = session
  const context: CallContext = { event, user, session, signal: aborter.signal }
  return { context, settle }
}

/** A handler's own mistake in its answer is not the client's: it is told `internal`. */
function encodeResult(
  node: HubContext,
  event: string,
  result: unknown,
): { json: string } | { error: unknown } {
  try {
    node.guard.operation('calls', 'output', event, result)
    const json = encodeValue(result)
    if (!exceedsBytes(json, answerBytes)) return { json }
    return { error: new Error(`unable to answer '${event}': the result is over ${answerBytes} bytes`) }
  } catch (cause) {
    return {
      error: new Error(`unable to answer '${event}': the result does not fit the contract`, { cause }),
    }
  }
}
