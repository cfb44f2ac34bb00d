/** The number of calls and the bytes of one kind of operation. */
export interface Count {
  /** Calls, or deliveries. */
  readonly calls: number
  /** Bytes of arguments and answers as JSON. */
  readonly bytes: number
}

/** Counts by the name of the operation. */
export type CountsByName = Readonly<Record<string, Count>>

/** Counts operations by name. */
export class Counts {
  readonly #counts = new Map<string, { calls: number; bytes: number }>()

  #calls = 0

  /** Calls of all operations so far. */
  get calls(): number {
    return this.#calls
  }

  /** Adds calls of an operation. */
  add(name: string, calls: number, bytes: number): void {
    this.#calls += calls
    const count = this.#counts.get(name)
    if (count === undefined) this.#counts.set(name, { calls, bytes })
    else {
      count.calls += calls
      count.bytes += bytes
    }
  }

  /** Returns the present counts, sorted by name. */
  snapshot(): CountsByName {
    const sorted = [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1))
    return Object.fromEntries(sorted.map(([name, count]) => [name, { ...count }]))
  }

  /** Returns the counts that were added after a snapshot; names without calls are left out. */
  since(before: CountsByName): CountsByName {
    const changes = Object.entries(this.snapshot()).map(([name, { calls, bytes }]) => {
      const { calls: oldCalls = 0, bytes: oldBytes = 0 } = before[name] ?? {}
      return [name, { calls: calls - oldCalls, bytes: bytes - oldBytes }] as const
    })
    return Object.fromEntries(changes.filter(([, { calls, bytes }]) => calls > 0 || bytes > 0))
  }
}
