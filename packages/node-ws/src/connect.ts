import { type AnyContract, Client, type Raw, type Untyped } from '@chat/core'
import { checkOptionsWithHint, type SharedClientOptions, sharedRules } from '@chat/core/transport'
import { dialerOf, type NodeDialOptions, nodeDialOptionNames } from './dial.ts'

/**
 * Options of {@link connect}: the options of `dial`, and those of a `Client` except for `dial` and
 * `environment`.
 */
export interface ConnectOptions<C extends AnyContract = AnyContract>
  extends SharedClientOptions<C>,
    NodeDialOptions {}

/**
 * Connects a Node process to a hub, and stays connected:
 *
 * ```ts
 * const client = connect('ws://127.0.0.1:3000/chat', { token: 'alice' })
 * const lobby = client.join('#lobby')
 * lobby.on('say', ({ text }, { from }) => show(from, text))
 * await lobby.send('say', { text: 'hi' })
 * ```
 *
 * With a contract, `connect(url, { contract })` validates payloads; `connect<typeof contract>(url)` takes the
 * types alone.
 *
 * @throws UsageError when the URL has another scheme than `ws:`, `wss:`, `http:` and `https:`, an option does
 * not exist, or `ws` is older than 8.23.0.
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
  checkOptionsWithHint<object>('connect', options, { ...sharedRules, ...nodeDialOptionNames })
  const { headers, origin, handshakeTimeout, maxPayload, agent, ...clientOptions } = options
  return new Client({ ...clientOptions, dial: dialerOf(url, options) })
}
