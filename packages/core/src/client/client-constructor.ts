import type { AnyContract, Untyped } from '../contract/contract.ts'
import type { Raw } from '../contract/raw.ts'
import { Client as ClientClass } from './client.ts'
import type { ClientOptions } from './options.ts'

/** Constructor of a {@link Client}. */
export interface ClientConstructor {
  /**
   * Creates a client, which connects at the end of the turn: listeners that are added in this turn miss no
   * event. With validators in the option `contract`, listeners get the output of the validators.
   *
   * @throws UsageError when an option does not exist or has a wrong value, or `dial` is not a function.
   */
  new <C extends AnyContract = Untyped>(options: ClientOptions<C> & { readonly contract: C }): Client<C>
  /**
   * Creates a client without validators. Its listeners get data as it travels: {@link Raw}.
   *
   * @throws UsageError when an option does not exist or has a wrong value, or `dial` is not a function.
   */
  new <C extends AnyContract = Untyped>(options: ClientOptions<C>): Client<Raw<C>>
  /** Prototype of all clients, for `instanceof`. */
  readonly prototype: Client<AnyContract>
}

/**
 * Client of a hub. It stays connected, sends to everyone, to rooms and to users, and receives messages in
 * order and once, or a gap that tells which messages are missing.
 *
 * ```ts
 * const client = new Client({ dial, token: 'alice' })
 * const lobby = client.join('#lobby')
 * lobby.on('say', ({ text }, { from }) => show(from, text))
 * await lobby.send('say', { text: 'hi' })
 * ```
 *
 * Status: `connecting` → `connected` ↔ `reconnecting` → `closed`. The client reconnects with growing delays,
 * until it is closed or the hub forbids further attempts; then it is `closed`, with the error in `$status`.
 */
export interface Client<C extends AnyContract = Untyped> extends ClientClass<C> {}

export const Client: ClientConstructor = ClientClass as unknown as ClientConstructor
