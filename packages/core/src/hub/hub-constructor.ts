import type { AnyContract, Untyped } from '../contract/contract.ts'
import { Hub as HubClass } from './hub.ts'
import type { HubOptions, KnownUser, User } from './options.ts'

/** Constructor of a {@link Hub}. */
export interface HubConstructor {
  /**
   * Starts the hub. It gets its connections by {@link Hub.accept}, which the adapter of a transport calls.
   *
   * @throws UsageError for an option that does not exist or cannot work; the message says how to change it.
   */
  new <C extends AnyContract = Untyped, U extends User = User, V extends User = KnownUser<U>>(
    options?: HubOptions<C, U, V>,
  ): Hub<C, U>
  /** Prototype of all hubs, for `instanceof`. */
  readonly prototype: Hub<AnyContract>
}

/**
 * The server side. A hub sends to all clients, to a room or to one user, over any transport, and answers the
 * clients' calls.
 *
 * ```ts
 * const hub = new Hub({
 *   authenticate: ({ token }) => verify(token),
 *   authorize: ({ address }) => address.startsWith('#public:'),
 * })
 * attach(hub, server, { path: '/chat' })
 * await hub.to('#public:lobby').send('say', { text: 'welcome' })
 * ```
 */
export interface Hub<C extends AnyContract = Untyped, U extends User = User> extends HubClass<C, U> {}

export const Hub: HubConstructor = HubClass as unknown as HubConstructor
