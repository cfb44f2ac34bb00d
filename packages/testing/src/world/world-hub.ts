import { type AnyContract, Hub, type HubOptions, type HubTarget, type User } from '@chat/core'

/** Observer of the revocations of a hub. Each method calls the function it gets, and returns its promise. */
export interface RevocationObserver {
  /** Called for a revocation of a room, or of all rooms (`null`), from a user or session. */
  trackRevocation(who: string, room: string | null, revoke: () => Promise<void>): Promise<void>
  /** Called for the end of a session, or of all sessions of a user. */
  trackKick(who: string, kick: () => Promise<void>): Promise<void>
}

/** A hub that reports its revocations to its world. */
export class WorldHub<C extends AnyContract, U extends User> extends Hub<C, U> {
  readonly #observer: RevocationObserver

  constructor(options: HubOptions<C, U>, observer: RevocationObserver) {
    super(options)
    this.#observer = observer
  }

  override to(address: string): HubTarget<C> {
    const target = super.to(address)
    return {
      ...target,
      remove: (who, options) =>
        this.#observer.trackRevocation(who, address, () => target.remove(who, options)),
    }
  }

  override kick(who: string, options?: { readonly reason?: string | undefined }): Promise<void> {
    return this.#observer.trackKick(who, () => super.kick(who, options))
  }

  override reauthorize(who: string): Promise<void> {
    return this.#observer.trackRevocation(who, null, () => super.reauthorize(who))
  }
}
