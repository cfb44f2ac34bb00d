import type { AnyContract, Client } from '@chat/core'
import { takeClient, tellMissingProvider } from '@chat/store/binding'
import { getContext, setContext } from 'svelte'

/** Client, `null` for none, or a function that returns it and may read reactive state. */
export type ClientSource<C extends AnyContract = AnyContract> = Client<C> | null | (() => Client<C> | null)

const key = Symbol('@chat/svelte')

/**
 * Gives a client to all components below the present component. Call it while the component is made:
 *
 * ```ts
 * provideChat(browser ? connect('/chat', { contract: chat }) : null)
 * ```
 *
 * Of several clients the innermost counts.
 */
export function provideChat<C extends AnyContract>(client: ClientSource<C>): void {
  setContext(key, typeof client === 'function' ? client : () => client)
}

const missing = 'call provideChat(client) in a component above them; give it null where there is none'

/**
 * Returns the client of the nearest component above; `current` is `null` without one, which the console tells once.
 */
export function useClient(): { readonly current: Client | null } {
  const find = getContext<(() => Client | null) | undefined>(key)
  if (find === undefined) tellMissingProvider(missing)
  return {
    get current() {
      return find === undefined ? null : takeClient(find(), 'what provideChat was given')
    },
  }
}
