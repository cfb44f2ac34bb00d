import type { Outbox, OutboxItem, Undo } from '@chat/core'
import type { LogSource } from './log-source.ts'
import type { ItemOf } from './message-item.ts'
import { itemOf } from './own-message.ts'

/**
 * Messages that earlier pages have sent and that are not stored yet, as the outbox of the client has them. An item has
 * the key of the outbox.
 */
export class KeptMessages {
  readonly #source: LogSource
  readonly #events: readonly string[]
  /** Items by the outbox's, which are the same while nothing has changed. */
  readonly #items = new WeakMap<
    OutboxItem,
    { readonly user: string | null; readonly item: ItemOf<string, unknown> }
  >()

  constructor(source: LogSource, events: readonly string[]) {
    this.#source = source
    this.#events = events
  }

  /** Calls `changed` after each change. Returns the function that ends it. */
  follow(changed: () => void): Undo {
    return this.#outbox?.subscribe(changed) ?? (() => {})
  }

  /** Returns the items, without those that the list has from the log already. */
  items(user: string | null, has: (id: string) => boolean): ItemOf<string, unknown>[] {
    const kept = this.#kept().filter(({ id }) => id === null || !has(id))
    return kept.map((item) => this.#itemOf(item, user))
  }

  /** Returns the key of the message with this id in the log; `undefined` when it was not in the outbox. */
  keyOf(id: string): string | undefined {
    return this.#kept().find((item) => item.id === id)?.key
  }

  retry(key: string): void {
    if (this.#has(key)) this.#outbox?.retry(key)
  }

  discard(key: string): void {
    const item = this.#kept().find((each) => each.key === key)
    if (item?.state === 'uncertain' || item?.state === 'refused') this.#outbox?.discard(key)
  }

  /** Drops a message of this page that is sent again under another id, or given up. */
  forget(id: string | null): void {
    const item = id === null ? undefined : this.#outbox?.items.find((each) => each.id === id)
    if (item?.state === 'uncertain') this.#outbox?.discard(item.key)
  }

  get #outbox(): Outbox | null {
    return this.#source.parts.outbox
  }

  #has(key: string): boolean {
    return this.#kept().some((item) => item.key === key)
  }

  #kept(): OutboxItem[] {
    const { address } = this.#source
    const items = this.#outbox?.items ?? []
    return items.filter(
      (item) => item.earlier && item.address === address && this.#events.includes(item.event),
    )
  }

  #itemOf(kept: OutboxItem, user: string | null): ItemOf<string, unknown> {
    const known = this.#items.get(kept)
    if (known?.user === user) return known.item
    const item = itemOf(user, kept)
    this.#items.set(kept, { user, item })
    return item
  }
}
