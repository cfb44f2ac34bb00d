/** The ids of sessions that have ended, of all users and of each user, in the order of their ends. */
export class EndedSessions {
  readonly #ids = new Set<string>()
  readonly #users = new Map<string, Set<string>>()

  add(user: string, id: string): void {
    this.#ids.add(id)
    const own = this.#users.get(user)
    if (own === undefined) this.#users.set(user, new Set([id]))
    else own.add(id)
  }

  remove(user: string, id: string): void {
    this.#ids.delete(id)
    const own = this.#users.get(user)
    own?.delete(id)
    if (own?.size === 0) this.#users.delete(user)
  }

  /** Returns the session that ended first, of all users or of one; `undefined` when there is none. */
  oldest(user?: string): string | undefined {
    const [id] = (user === undefined ? this.#ids : this.#users.get(user)) ?? []
    return id
  }

  clear(): void {
    this.#ids.clear()
    this.#users.clear()
  }
}
