import type { PresenceLease } from '@chat/core/backplane'
import type { ServerClock } from '../connection/server-clock.ts'
import type { Cells } from '../jetstream/cell.ts'
import type { Names } from '../names.ts'

/** The lease of a node. Times are by the clock of the server. */
export interface StoredLease {
  /** The incarnation: another for each lease that follows a lease that ran out. */
  readonly incarnation: string
  readonly expires: number
  /** Duration after the end for which the states of its sessions are remembered. */
  readonly keep: number
}

/** The leases by node. */
export type LeaseTable = Readonly<Record<string, StoredLease>>

/**
 * The leases of all nodes, in one message, which every look at a room reads. Its epoch is that of presence: if
 * the server loses its data, the message is lost, too.
 */
export interface StoredLeases {
  readonly epoch: string
  readonly nodes: LeaseTable
}

/** Number of durations of a lease after which a lease that ran out is forgotten. */
const leaseMemory = 3

/**
 * The leases of nodes. A node whose lease ran out gets another incarnation with its next lease, so that its
 * sessions do not come back by themselves.
 */
export class Leases {
  readonly #cells: Cells
  readonly #names: Names
  readonly #clock: ServerClock
  readonly #newId: () => string

  constructor(cells: Cells, names: Names, clock: ServerClock, newId: () => string) {
    this.#cells = cells
    this.#names = names
    this.#clock = clock
    this.#newId = newId
  }

  /** Reads the leases of all nodes. Gives presence an epoch when it has no epoch. */
  async read(): Promise<StoredLeases> {
    const { value } = await this.#cells.read<StoredLeases>(this.#names.leases)
    if (value !== null) return withTable(value)
    return this.#change((leases) => leases)
  }

  /** Renews the leases of nodes, and resolves with all leases. */
  renew(nodes: readonly string[], { ttl, keep }: PresenceLease): Promise<StoredLeases> {
    return this.#change(({ epoch, nodes: before }) => {
      const now = this.#clock.now()
      const table = withoutOld(before, now, ttl)
      for (const node of nodes) {
        const known = before[node]
        const incarnation = isAlive(known, now) ? known.incarnation : this.#newId()
        table[node] = { incarnation, expires: now + ttl, keep }
      }
      return { epoch, nodes: table }
    })
  }

  #change(decide: (leases: StoredLeases) => StoredLeases): Promise<StoredLeases> {
    return this.#cells.change<StoredLeases, StoredLeases>(this.#names.leases, (value) => {
      const leases = decide(withTable(value ?? { epoch: this.#newId(), nodes: {} }))
      return { answer: leases, write: leases }
    })
  }
}

/** `true` while a lease has not run out. */
export const isAlive = (lease: StoredLease | undefined, now: number): lease is StoredLease =>
  lease !== undefined && lease.expires > now

/** Returns leases in a table that has no name by inheritance. */
function withTable({ epoch, nodes }: StoredLeases): StoredLeases {
  return { epoch, nodes: Object.assign(Object.create(null), nodes) }
}

function withoutOld(leases: LeaseTable, now: number, ttl: number): Record<string, StoredLease> {
  const table: Record<string, StoredLease> = Object.create(null)
  for (const [node, lease] of Object.entries(leases))
    if (lease.expires + lease.keep + leaseMemory * ttl > now) table[node] = lease
  return table
}
