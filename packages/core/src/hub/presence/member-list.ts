import type { PresentSession } from '../../backplane/presence-store.ts'
import { encodeMember } from '../../protocol/encode.ts'
import { memberPage } from '../../protocol/limits.ts'

/**
 * The members of a room in the order of their sessions, each encoded once. Pure.
 *
 * @internal
 */
export class MemberList {
  readonly #members = new Map<string, { readonly member: PresentSession; readonly json: string }>()
  /** Sorted: a page goes on behind a session even when that one has left. */
  readonly #order: string[] = []

  get size(): number {
    return this.#members.size
  }

  get members(): PresentSession[] {
    return [...this.#members.values()].map(({ member }) => member)
  }

  get(session: string): PresentSession | undefined {
    return this.#members.get(session)?.member
  }

  /** As it stands in a frame. */
  json(session: string): string | undefined {
    return this.#members.get(session)?.json
  }

  /** Whether anything is different for those who look. */
  put(member: PresentSession): boolean {
    const { session, user, state } = member
    const known = this.#members.get(session)
    const json = encodeMember(session, user, state)
    this.#members.set(session, { member, json })
    if (known === undefined) this.#order.splice(this.#place(session), 0, session)
    return known?.json !== json
  }

  remove(session: string): boolean {
    if (!this.#members.delete(session)) return false
    this.#order.splice(this.#place(session), 1)
    return true
  }

  page(after: string | undefined, limit: number): { members: string[]; more: boolean } {
    const members: string[] = []
    let at = after === undefined ? 0 : this.#place(after)
    if (after !== undefined && this.#order[at] === after) at++
    let bytes = 0
    for (; at < this.#order.length && members.length < limit; at++) {
      const json = this.json(this.#order[at] ?? '') ?? ''
      // A character has at most three bytes of UTF-8 a unit.
      bytes += json.length * 3
      if (bytes > memberPage.bytes && members.length > 0) break
      members.push(json)
    }
    return { members, more: at < this.#order.length }
  }

  /** Where a session stands, or would. */
  #place(session: string): number {
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
