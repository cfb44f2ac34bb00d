import { type AnyContract, Client, type Raw, type Untyped } from '@chat/core'
import { checkByRules, type SharedClientOptions, sharedRules } from '@chat/core/transport'
import { makeDialer } from './dial.ts'
import { type BrowserDialOptions, dialRules } from './options.ts'
import { sendPageHints } from './page-hints.ts'

/**
 * Options of {@link connect}: those of a `Client` except `dial` and `environment`, and those of {@link dial}.
 */
export interface ConnectOptions<C extends AnyContract = AnyContract>
  extends Omit<SharedClientOptions<C>, 'runtime'>,
    BrowserDialOptions {}

/**
 * Connects a page or a worker to a hub, and stays connected:
 *
 * ```ts
 * const client = connect('/chat', { token: () => fetchToken() })
 * const lobby = client.join('#lobby')
 * lobby.on('say', ({ text }, { from }) => show(from, text))
 * await lobby.send('say', { text: 'hi' })
 * ```
 *
 * A relative URL is resolved against the page: `/chat` on `https://app.example` is `wss://app.example/chat`.
 * `http:` and `https:` URLs are accepted too. Where WebSocket is blocked, the client uses HTTP at the same
 * URL, with the same guarantees, if the server has `@chat/http` there; it moves back to WebSocket when a
 * WebSocket opens. When the page comes back online, to the foreground or out of the back/forward cache, the
 * client connects at once, or checks that its connection is alive.
 *
 * With a contract, `connect('/chat', { contract })` validates all data; `connect<typeof contract>('/chat')`
 * uses the types alone, and adds no validators to the page.
 *
 * @throws UsageError when the URL cannot be a hub's, WebSocket does not exist here, an option does not exist,
 * or has a wrong value.
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
  checkByRules('connect', options, { ...sharedRules, ...dialRules })
  const { transport, webSocketTimeout, retryWebSocket, memory, ...clientOptions } = options
  const { dial, environment } = makeDialer(url, options)
  return new Client({
    ...clientOptions,
    dial,
    environment(client) {
      const undos = [sendPageHints(client), environment(client)]
      return () => {
        for (const undo of undos) undo()
      }
    },
  })
}
