import { attempt } from '../../runtime/maybe-promise.ts'
import type { HubContext } from '../context.ts'
import type { ClosedStream } from '../streams/stored-stream.ts'
import { writerOf } from '../streams/stream-head.ts'
import type { StoredResult } from '../streams/stream-results.ts'
import type { StreamsServices } from '../streams/streams.ts'
import type { SessionRegistry } from './session-registry.ts'

/** Returns the functions by which streams tell sessions of a cancel, and listeners of a result. */
export const streamTellers = (
  context: HubContext,
  sessions: () => SessionRegistry,
): Pick<StreamsServices, 'cancelWriter' | 'onResult'> => ({
  cancelWriter: (id, address) => {
    const session = sessions().get(id)
    if (session === undefined) return null
    session.cancelStream(address)
    return session.userId
  },
  onResult: (stream, result) => {
    if (context.listeners.has(stream.head.event)) tellResult(context, sessions(), stream, result)
  },
})

/**
 * Calls the listeners with the result of a stream that a client has written (P-SM-7). Its session may be gone, or
 * at another node.
 */
function tellResult(
  context: HubContext,
  sessions: SessionRegistry,
  { head, whole }: ClosedStream,
  { id, position, time, meta }: StoredResult,
): void {
  const { event, parent: address, from } = head
  const session = sessions.get(writerOf(head.id)) ?? null
  const user = session?.user ?? null
  const message = { event, address, meta, durable: true, id, position, time, from, user, session }
  const data: unknown = JSON.parse(whole ?? 'null')
  for (const listener of context.listeners.listeners(event))
    attempt(
      () => (listener as (data: unknown, message: object) => unknown)(data, message),
      () => {},
      (error) => context.reportError({ error, source: 'handler', session: session?.id, subject: event }),
    )
}
