import type { AnyContract, Client } from '@chat/core'
import { takeClient, tellMissingProvider } from '@chat/store/binding'
import {
  type ComputedRef,
  computed,
  type InjectionKey,
  inject,
  type MaybeRefOrGetter,
  type Plugin,
  provide,
  toValue,
} from 'vue'

/** Client of an application, or `null` for none: the client itself, a ref, or a function. */
export type ClientSource<C extends AnyContract = AnyContract> = MaybeRefOrGetter<Client<C> | null>

const key: InjectionKey<ClientSource> = Symbol('@chat/vue')

/**
 * Makes the plugin that gives a client to all components of an application:
 *
 * ```ts
 * createApp(App).use(chatPlugin(connect('/chat', { contract: chat }))).mount('#app')
 * ```
 *
 * Give `null` on a server.
 */
export const chatPlugin = <C extends AnyContract>(client: ClientSource<C>): Plugin => ({
  install: (app) => app.provide(key, client as unknown as ClientSource),
})

/** Gives a client to all components below the present component. Of several clients the innermost counts. */
export const provideChat = <C extends AnyContract>(client: ClientSource<C>): void =>
  provide(key, client as unknown as ClientSource)

const missing =
  'call app.use(chatPlugin(client)), or provideChat(client) in a component above them; give it null where there is none'

/**
 * Returns the client of the application or of the nearest component above; `null` for none, which the console tells
 * once.
 */
export function useClient(): ComputedRef<Client | null> {
  const source = inject(key, undefined)
  if (source === undefined) tellMissingProvider(missing)
  return computed(() => takeClient(toValue(source ?? null), 'what chatPlugin or provideChat was given'))
}
