import { type ConnectionHints, systemRuntime, type Undo, UsageError } from '@chat/core'
import type { Dialer } from '@chat/core/transport'
import { dial as dialHttp } from '@chat/http/client'
import { BlockedMemory } from './memory.ts'
import type { WayOptions } from './options.ts'
import { socketUrl, withoutSecrets } from './url.ts'
import { Ways } from './ways.ts'
import { webSocketDialer } from './web-socket.ts'

/**
 * Reaches a hub from a page or a worker, for a `Client` of your own making; {@link connect} makes one. The dialer rejects with a `ChatError` when there is no connection: `unavailable`, or
 * what the server says over HTTP; a browser does not say why there is no WebSocket.
 *
 * @throws UsageError when no hub can be at this URL, there is no WebSocket here, or a duration is no positive number.
 */
export function dial(url: string | URL, options: WayOptions = {}): Dialer {
  return waysTo(url, options).dial
}

/** The dialer, and what it wants to know and tell of the client; nothing when there is but one way. */
export function waysTo(
  url: string | URL,
  { transport = 'auto', ...options }: WayOptions,
): { readonly dial: Dialer; watch(client: ConnectionHints): Undo } {
  const target = socketUrl(url)
  const watch = (): Undo => () => {}
  const http = dialHttp(target, { pause: false })
  if (transport === 'http') return { dial: http, watch }
  const webSocket = webSocketDialer(target)
  if (transport === 'websocket') return { dial: webSocket, watch }
  const ways = new Ways({
    webSocket,
    http,
    runtime: options.runtime ?? systemRuntime,
    memory: new BlockedMemory(options.memory, withoutSecrets(target.href)),
    timeout: duration('webSocketTimeout', options, 4_000),
    retry: duration('retryWebSocket', options, 60_000),
  })
  return { dial: (asked) => ways.dial(asked), watch: (client) => ways.watch(client) }
}

function duration(
  name: 'webSocketTimeout' | 'retryWebSocket',
  { [name]: given }: WayOptions,
  usual: number,
): number {
  const chosen = given ?? usual
  if (chosen > 0) return chosen
  throw new UsageError(`unable to connect: the option \`${name}\` is no positive number`)
}
