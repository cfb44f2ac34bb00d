import type { Position, PositionStorage } from '@chat/core'
import { VirtualTime } from '@chat/testing'

/** Storage for positions in memory, as that of a browser's tabs. */
export class MemoryStorage implements PositionStorage {
  text: string | null
  /** Number of writes. */
  writes = 0
  /** Error of the next reads or writes; `null` for none. */
  readError: Error | null = null
  writeError: Error | null = null
  readonly #saves = new Set<() => void>()

  constructor(text: string | null = null) {
    this.text = text
  }

  read(): string | null {
    if (this.readError !== null) throw this.readError
    return this.text
  }

  write(text: string): void {
    if (this.writeError !== null) throw this.writeError
    this.writes++
    this.text = text
  }

  beforeEnd(save: () => void): () => void {
    this.#saves.add(save)
    return () => this.#saves.delete(save)
  }

  /** The page ends. */
  endPage(): void {
    for (const save of this.#saves) save()
  }

  /** Number of clients that are told of the end of the page. */
  get listening(): number {
    return this.#saves.size
  }

  /** Returns the positions of a user, by address. */
  of(user: string): Record<string, Position> {
    const [, rows] = JSON.parse(this.text ?? '[1,[]]') as [number, [string, string, Position, number][]]
    return Object.fromEntries(rows.filter(([of]) => of === user).map(([, address, at]) => [address, at]))
  }
}

/** Time of day at which a stage begins. */
const beginning = new VirtualTime().runtime('clock').wallTime()

/** Returns the text of a storage with positions, the newest first. Times are milliseconds from the stage's beginning. */
export const textOf = (
  ...rows: readonly (readonly [user: string, address: string, at: number, time: number])[]
): string =>
  JSON.stringify([
    1,
    rows.map(([user, address, at, time]) => [user, address, ['e1', at, `m${at}`], beginning + time]),
  ])
