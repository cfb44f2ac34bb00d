import { type ConnectionHints, type Undo, UsageError } from '@chat/core'
import { checkOptions, clientRuntime, type Dialer } from '@chat/core/transport'
import { dial as dialHttp } from '@chat/http/client'
import { BlockedMemory } from './blocked-memory.ts'
import { FallbackDialer } from './fallback-dialer.ts'
import { type BrowserDialOptions, browserDialOptionNames } from './options.ts'
import { socketUrl, withoutSecrets } from './url.ts'
import { webSocketDialer } from './web-socket-dialer.ts'

const transports: readonly BrowserDialOptions['transport'][] = ['auto', 'websocket', 'http']

/**
 * Returns a dialer for a page or a worker, for a `Client` that the application makes itself; {@link connect}
 * makes a client too. The dialer rejects with a `ChatError` when there is no connection: `unavailable`, or
 * the error that the server answers over HTTP. A browser does not tell why a WebSocket failed.
 *
 * @throws UsageError when the URL cannot be a hub's, WebSocket does not exist here, an option does not exist,
 * or a duration is not a positive number.
 */
export function dial(url: string | URL, options: BrowserDialOptions = {}): Dialer {
  checkOptions('dial', options, browserDialOptionNames)
  return makeDialer(url, options).dial
}

/**
 * Returns a dialer, and the `environment` option of its client, through which the dialer moves the client
 * from HTTP to WebSocket.
 */
export function makeDialer(
  url: string | URL,
  { transport = 'auto', ...options }: BrowserDialOptions,
): { readonly dial: Dialer; environment(client: ConnectionHints): Undo } {
  if (!transports.includes(transport))
    throw new UsageError(
      `unable to connect: the option 'transport' is ${JSON.stringify(transport)}; use ${transports.join(', ')}`,
    )
  const target = socketUrl(url)
  const environment = (): Undo => () => {}
  const http = dialHttp(target, { pause: false })
  if (transport === 'http') return { dial: http, environment }
  const webSocket = webSocketDialer(target)
  if (transport === 'websocket') return { dial: webSocket, environment }
  const fallback = new FallbackDialer({
    webSocket,
    http,
    runtime: options.runtime ?? clientRuntime,
    memory: new BlockedMemory(options.memory, withoutSecrets(target.href)),
    timeout: duration('webSocketTimeout', options, 4_000),
    retry: duration('retryWebSocket', options, 60_000),
  })
  return {
    dial: (dialOptions) => fallback.dial(dialOptions),
    environment: (client) => fallback.attach(client),
  }
}

function duration(
  name: 'webSocketTimeout' | 'retryWebSocket',
  { [name]: given }: BrowserDialOptions,
  standard: number,
): number {
  const chosen = given ?? standard
  if (chosen > 0) return chosen
  throw new UsageError(
    `unable to connect: the option '${name}' is ${JSON.stringify(chosen)}; give a positive number of milliseconds`,
  )
}
