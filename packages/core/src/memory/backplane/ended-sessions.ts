import { KeyedSets } from '../../runtime/keyed-sets.ts'

/** The ids of sessions that have ended, of all users and of each user, in the order of their ends. */
export class EndedSessions {
  readonly #ids = new Set<string>()
  readonly #users = new KeyedSets<string>()

  add(user: string, id: string): void {
    this.#ids.add(id)
    this.#users.add(user, id)
  }

  remove(user: string, id: string): void {
    this.#ids.delete(id)
    this.#users.delete(user, id)
  }

  /** Returns the session that ended first, of all users or of one; `undefined` when there is none. */
  oldest(user?: string): string | undefined {
    const [id] = user === undefined ? this.#ids : this.#users.values(user)
    return id
  }

  clear(): void {
    this.#ids.clear()
    this.#users.clear()
  }
}
