import { type AnyContract, Hub, type HubOptions, type HubTarget, type User } from '@chat/core'

/** What a world is told of what its hubs take back. */
export interface HubWitness {
  revoking(who: string, room: string | null, revoke: () => Promise<void>): Promise<void>
  kicking(who: string, kick: () => Promise<void>): Promise<void>
}

/**
 * A hub whose revocations a world sees: in everything else an ordinary one.
 *
 * @internal
 */
export class WorldHub<C extends AnyContract, U extends User> extends Hub<C, U> {
  readonly #witness: HubWitness

  constructor(options: HubOptions<C, U>, witness: HubWitness) {
    super(options)
    this.#witness = witness
  }

  override to(address: string): HubTarget<C> {
    const target = super.to(address)
    return {
      ...target,
      remove: (who, options) => this.#witness.revoking(who, address, () => target.remove(who, options)),
    }
  }

  override kick(who: string, options?: { readonly reason?: string }): Promise<void> {
    return this.#witness.kicking(who, () => super.kick(who, options))
  }

  override reauthorize(who: string): Promise<void> {
    return this.#witness.revoking(who, null, () => super.reauthorize(who))
  }
}
