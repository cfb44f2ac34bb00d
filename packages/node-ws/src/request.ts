import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { type ConnectRequest, connectRequest } from '@chat/core/transport'

/** What Node says of a request. */
export function requestOf({ headers, socket }: IncomingMessage): ConnectRequest {
  return connectRequest(entriesOf(headers), socket.remoteAddress ?? '')
}

/** Node has joined repeated headers, all but `set-cookie`, which no request has. */
function* entriesOf(headers: IncomingHttpHeaders): Iterable<[name: string, value: string]> {
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) yield [name, typeof value === 'string' ? value : value.join(', ')]
}
