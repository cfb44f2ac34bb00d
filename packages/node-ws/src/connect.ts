import { type AnyContract, Client, type Untyped } from '@chat/core'
import { type SharedClientOptions, takeClientOptions } from '@chat/core/transport'
import { dial, type NodeDialOptions, nodeDialOptionNames } from './dial.ts'

/** How {@link connect} sets up its client: every option of a `Client` but those that say how to reach the hub, and those of {@link dial}. */
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
 * With a contract, `connect(url, { contract })` validates what passes; `connect<typeof contract>(url)` takes the types alone.
 *
 * @throws UsageError when the URL is none of `ws:`, `wss:`, `http:` or `https:`, or `ws` is older than 8.23.0, or an option does not exist.
 */
export function connect<C extends AnyContract = Untyped>(
  url: string | URL,
  options: ConnectOptions<C> = {},
): Client<C> {
  const clientOptions = takeClientOptions<C, NodeDialOptions>(options, nodeDialOptionNames)
  return new Client<C>({ ...clientOptions, dial: dial(url, options) })
}
