import { type AnyContract, Client, type ClientOptions, type Untyped } from '@chat/core'
import { dial, type NodeDialOptions } from './dial.ts'

/** How {@link connect} sets up its client: every option of a `Client` but those that say how to reach the hub, and those of {@link dial}. */
export interface ConnectOptions<C extends AnyContract = AnyContract>
  extends Omit<ClientOptions<C>, 'dial' | 'watch'>,
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
 * @throws UsageError when the URL is none of `ws:`, `wss:`, `http:` or `https:`, or `ws` is older than 8.23.0.
 */
export function connect<C extends AnyContract = Untyped>(
  url: string | URL,
  options: ConnectOptions<C> = {},
): Client<C> {
  return new Client<C>({ ...options, dial: dial(url, options) })
}
