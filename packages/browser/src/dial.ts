import type { ConnectionHints, Undo } from '@chat/core'
import { checkByRules, clientRuntime, type Dialer } from '@chat/core/transport'
import { httpDialer } from '@chat/http/client'
import { BlockedMemory } from './blocked-memory.ts'
import { FallbackDialer } from './fallback-dialer.ts'
import { type BrowserDialOptions, dialRules } from './options.ts'
import { socketUrl, withoutSecrets } from './url.ts'
import { webSocketDialer } from './web-socket-dialer.ts'

/**
 * Returns a dialer for a page or a worker, for a `Client` that the application makes itself; {@link connect}
 * makes a client too. The dialer rejects with a `ChatError` when there is no connection: `unavailable`, or
 * the error that the server answers over HTTP. A browser does not tell why a WebSocket failed.
 *
 * @throws UsageError when the URL cannot be a hub's, WebSocket does not exist here, an option does not exist,
 * or has a wrong value.
 */
export function dial(url: string | URL, options: BrowserDialOptions = {}): Dialer {
  checkByRules('dial', options, dialRules)
  return makeDialer(url, options).dial
}

/**
 * Returns a dialer, and the `environment` option of its client, through which the dialer moves the client
 * from HTTP to WebSocket.
 */
export function makeDialer(
  url: string | URL,
  {
    transport = 'auto',
    webSocketTimeout: timeout = 4_000,
    retryWebSocket: retry = 60_000,
    memory,
    runtime,
  }: BrowserDialOptions,
): { readonly dial: Dialer; environment(client: ConnectionHints): Undo } {
  const target = socketUrl(url)
  const environment = (): Undo => () => {}
  const http = httpDialer({ target, pause: false })
  if (transport === 'http') return { dial: http, environment }
  const webSocket = webSocketDialer(target)
  if (transport === 'websocket') return { dial: webSocket, environment }
  const fallback = new FallbackDialer({
    webSocket,
    http,
    runtime: runtime ?? clientRuntime,
    memory: new BlockedMemory(memory, withoutSecrets(target.href)),
    timeout,
    retry,
  })
  return {
    dial: (dialOptions) => fallback.dial(dialOptions),
    environment: (client) => fallback.attach(client),
  }
}
