import { type AnyContract, Client, type ClientOptions, type Untyped } from '@chat/core'
import { waysTo } from './dial.ts'
import type { WayOptions } from './options.ts'
import { watchPage } from './watch.ts'

/** How {@link connect} sets up its client: every option of a `Client` but those that say how to reach the hub, and those that choose the way. */
export interface ConnectOptions<C extends AnyContract = AnyContract>
  extends Omit<ClientOptions<C>, 'dial' | 'watch' | 'runtime'>,
    WayOptions {}

/**
 * Connects a page (or a worker) to a hub, and stays connected:
 *
 * ```ts
 * const client = connect('/chat', { token: () => fetchToken() })
 * const lobby = client.join('#lobby')
 * lobby.on('say', ({ text }, { from }) => show(from, text))
 * await lobby.send('say', { text: 'hi' })
 * ```
 *
 * A relative URL belongs to the page: `/chat` on `https://app.example` is `wss://app.example/chat`. `http:` and `https:` URLs are
 * taken too. Where WebSocket is blocked, the client goes over HTTP to the same URL, with the same guarantees, when the server has `@chat/http` there, and comes back to
 * WebSocket when that gets through. When the page comes back online, to the foreground or out of the back/forward cache, the client connects at once
 * instead of at the end of its wait, or finds out whether its connection still lives.
 *
 * With a contract, `connect('/chat', { contract })` validates what passes; `connect<typeof contract>('/chat')` takes the types alone, and
 * ships no validators.
 *
 * @throws UsageError when no hub can be at this URL, there is no WebSocket here, or a duration is no positive number.
 */
export function connect<C extends AnyContract = Untyped>(
  url: string | URL,
  options: ConnectOptions<C> = {},
): Client<C> {
  const ways = waysTo(url, options)
  return new Client<C>({
    ...options,
    dial: ways.dial,
    environment(client) {
      const undos = [watchPage(client), ways.watch(client)]
      return () => {
        for (const undo of undos) undo()
      }
    },
  })
}
