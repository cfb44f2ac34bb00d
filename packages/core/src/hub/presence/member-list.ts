import type { PresentSession } from '../../backplane/presence-store.ts'
import { encodeMember } from '../../protocol/encode.ts'
import { memberPage } from '../../protocol/limits.ts'

/** The members of a room, ordered by session id, each encoded once. */
export class MemberList {
  readonly #members = new Map<string, { readonly member: PresentSession; readonly json: string }>()
  /** Sorted session ids: a page can go on after a session that has left. */
  readonly #order: string[] = []

  /** Number of members. */
  get size(): number {
    return this.#members.size
  }

  /** All members. */
  get members(): PresentSession[] {
    return [...this.#members.values()].map(({ member }) => member)
  }

  /** Returns the member of a session. */
  get(session: string): PresentSession | undefined {
    return this.#members.get(session)?.member
  }

  /** Returns the member of a session as JSON. */
  json(session: string): string | undefined {
    return this.#members.get(session)?.json
  }

  /** Adds or replaces a member, and returns true when clients see a difference. */
  put(member: PresentSession): boolean {
    const { session, user, state } = member
    const known = this.#members.get(session)
    const json = encodeMember(session, user, state)
    this.#members.set(session, { member, json })
    if (known === undefined) this.#order.splice(this.#indexOf(session), 0, session)
    return known?.json !== json
  }

  /** Removes the member of a session, and returns true when there was one. */
  remove(session: string): boolean {
    if (!this.#members.delete(session)) return false
    this.#order.splice(this.#indexOf(session), 1)
    return true
  }

  /** Returns up to `limit` members after a session as JSON; `more` tells whether further members follow. */
  page(after: string | undefined, limit: number): { members: string[]; more: boolean } {
    const members: string[] = []
    let index = after === undefined ? 0 : this.#indexOf(after)
    if (after !== undefined && this.#order[index] === after) index++
    let bytes = 0
    for (; index < this.#order.length && members.length < limit; index++) {
      const json = this.json(this.#order[index] ?? '') ?? ''
      // A UTF-16 unit takes at most three bytes of UTF-8.
      bytes += json.length * 3
      if (bytes > memberPage.bytes && members.length > 0) break
      members.push(json)
    }
    return { members, more: index < this.#order.length }
  }

  /** Returns the index at which a session stands, or would be inserted. */
  #indexOf(session: string): number {
    let low = 0
    let high = this.#order.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#order[middle] ?? '') < session) low = middle + 1
      else high = middle
    }
    return low
  }
}
