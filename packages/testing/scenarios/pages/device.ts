import type { OutboxEntry, Position, PositionStorage } from '@chat/core'
import { OutboxDisk, type OutboxPage, type World } from '@chat/testing'

/** Number that a workload has given a message, in its data. */
export const numberOf = (data: unknown): number => (data as { readonly n: number }).n

/** Returns the number of an entry of an outbox. */
export const numberOfEntry = ({ body }: OutboxEntry): number => numberOf(JSON.parse(`[${body}`)[2])

/** A browser: storages that outlive its pages, and notes of all that was ever in them. */
export class Device {
  readonly disk: OutboxDisk
  /** Numbers of the messages that were stored in the outbox. */
  readonly kept = new Set<number>()
  /** Numbers of the messages that were stored in the outbox with an id. */
  readonly written = new Set<number>()
  /** First position of each user and address in the storage. */
  readonly starts = new Map<string, Position>()
  /** Numbers of the messages that the pages of a user have handled, by user and address. */
  readonly handled = new Map<string, Set<number>>()
  /** User and address of those that were told a gap. */
  readonly withGap = new Set<string>()
  #positions: string | null = null

  constructor(w: World) {
    this.disk = new OutboxDisk(w.runtime('disk'))
  }

  /** Opens the storage of an outbox for a page. */
  openOutbox(): OutboxPage {
    const page = this.disk.openPage()
    return {
      ...page,
      update: (user, change) =>
        page.update(user, (entries) => {
          const changed = change(entries)
          for (const entry of changed) this.#note(entry)
          return changed
        }),
    }
  }

  /** Returns the storage of positions, as a page has it until it has ended. */
  positionsOf(page: { readonly ended: boolean }): PositionStorage {
    return {
      read: () => this.#positions,
      write: (text) => {
        if (page.ended) return
        this.#positions = text
        const [, rows] = JSON.parse(text) as [number, [string, string, Position, number][]]
        for (const [user, address, position] of rows) {
          const key = `${user} ${address}`
          if (!this.starts.has(key)) this.starts.set(key, position)
        }
      },
    }
  }

  /** Notes that a page of a user has handled a message. */
  noteHandled(user: string, address: string, n: number): void {
    const key = `${user} ${address}`
    this.handled.set(key, (this.handled.get(key) ?? new Set()).add(n))
  }

  #note(entry: OutboxEntry): void {
    const n = numberOfEntry(entry)
    this.kept.add(n)
    if (entry.id !== null) this.written.add(n)
  }
}
