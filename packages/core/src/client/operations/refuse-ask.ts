import { encodeFrame } from '../../protocol/encode.ts'
import type { AskFrame } from '../../protocol/hub-frames.ts'
import type { Connector } from '../connection/connector.ts'
import type { ClientContext } from '../context.ts'

/** Refuses an ask that has no handler. */
export function refuseAsk(
  { context, connector }: { readonly context: ClientContext; readonly connector: Connector },
  [, ask, event]: AskFrame,
): void {
  const code = 'not_found'
  context.observe('ask', { event, code, took: 0 })
  const message = `unable to answer '${event}': the client has no handler for it`
  connector.live?.write(encodeFrame('refuse', ask, code, message))
}
