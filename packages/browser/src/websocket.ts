import { type AnyContract, Client, type Raw, type Untyped } from '@chat/core'
import { checkByRules, type Dialer, type SharedClientOptions, sharedRules } from '@chat/core/transport'
import { sendPageHints } from './page-hints.ts'
import { socketUrl } from './url.ts'
import { webSocketDialer } from './web-socket-dialer.ts'

export { readStreams } from '@chat/core'
export type { BrowserExtra } from './connection.ts'
export { localStoragePositions } from './local-storage-positions.ts'

/** Options of {@link connect}: those of a `Client` except `dial` and `environment`. */
export interface ConnectOptions<C extends AnyContract = AnyContract> extends SharedClientOptions<C> {}

/**
 * Connects a page or a worker to a hub over WebSocket, and stays connected. The client is that of
 * `@chat/browser`, without HTTP: a page loads less, and does not connect where WebSocket is blocked.
 *
 * ```ts
 * import { connect } from '@chat/browser/websocket'
 *
 * const client = connect('/chat', { token: () => fetchToken() })
 * ```
 *
 * @throws UsageError when the URL cannot be a hub's, WebSocket does not exist here, or an option does not
 * exist or has a wrong value.
 */
export function connect<C extends AnyContract = Untyped>(
  url: string | URL,
  options: ConnectOptions<C> & { readonly contract: C },
): Client<C>
/** Connects without validators: listeners get data as it travels, see {@link @chat/core!index.Raw | Raw}. */
export function connect<C extends AnyContract = Untyped>(
  url: string | URL,
  options?: ConnectOptions<C>,
): Client<Raw<C>>
export function connect(url: string | URL, options: ConnectOptions<Untyped> = {}): Client {
  checkByRules('connect', options, sharedRules)
  return new Client({ ...options, dial: dial(url), environment: sendPageHints })
}

/**
 * Returns a dialer over WebSocket for a page or a worker, for a `Client` that the application makes itself.
 * The dialer rejects with a `ChatError` `unavailable` when there is no connection.
 *
 * @throws UsageError when the URL cannot be a hub's, or WebSocket does not exist here.
 */
export function dial(url: string | URL): Dialer {
  return webSocketDialer(socketUrl(url))
}
