import { ChatError } from '@chat/core'
import type { PresenceLease } from '@chat/core/backplane'
import { unavailable } from '../connection/unavailable.ts'
import { isAlive, type LeaseTable, type StoredLeases } from './leases.ts'
import type { PresenceContext } from './presence-context.ts'
import { maxSteps, RoomState, type StoredRoom } from './room-state.ts'

/** A room as an operation finds it. */
export interface RoomView {
  readonly epoch: string
  readonly state: RoomState
  readonly leases: LeaseTable
  /** The time, by the clock of the server. */
  readonly now: number
}

/** An operation on a room. */
export interface RoomOperation<Answer> {
  /** The nodes that need a lease, and the lease. */
  readonly lease?: { readonly nodes: readonly string[]; readonly lease: PresenceLease }
  /** Applies the operation, and returns its answer; it may be called several times. */
  apply(room: RoomView): Answer
}

interface Waiting {
  readonly operation: RoomOperation<unknown>
  resolve(answer: unknown): void
  reject(error: unknown): void
}

/** Number of attempts to store a room that other nodes change, too. */
const attempts = 100

/**
 * The operations of a node on a room, in their order. Those that wait while a room is stored are applied
 * together, because each time the whole room is stored.
 */
export class RoomQueue {
  readonly #context: PresenceContext
  readonly #room: string
  readonly #waiting: Waiting[] = []
  readonly #ended: () => void
  #running = false

  constructor(context: PresenceContext, room: string, ended: () => void) {
    this.#context = context
    this.#room = room
    this.#ended = ended
  }

  /** Applies an operation after those that were called before. */
  run<Answer>(operation: RoomOperation<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ operation, resolve: (answer) => resolve(answer as Answer), reject })
      if (!this.#running) void this.#runAll()
    })
  }

  async #runAll(): Promise<void> {
    this.#running = true
    while (this.#waiting.length > 0) {
      const lot = this.#waiting.splice(0, maxSteps / 2)
      try {
        await this.#runLot(lot)
      } catch (error) {
        for (const { reject } of lot) reject(error)
      }
    }
    this.#running = false
    this.#ended()
  }

  async #runLot(lot: readonly Waiting[]): Promise<void> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const { view, sequence } = await this.#load(lot)
      const answers = lot.map(({ operation }) => operation.apply(view))
      if (view.state.changed) {
        const text = this.#context.format(view.state, view.epoch)
        if (text === null && lot.length > 1) return this.#runSingly(lot)
        if (text === null) throw this.#tooLarge()
        if (!(await this.#store(view, text, sequence))) continue
      }
      for (const [index, { resolve }] of lot.entries()) resolve(answers[index])
      return
    }
    throw unavailable('change a room', 'other nodes were faster at every attempt')
  }

  /** Finds the operation for which the room is too large. */
  async #runSingly(lot: readonly Waiting[]): Promise<void> {
    for (const waiting of lot)
      try {
        await this.#runLot([waiting])
      } catch (error) {
        waiting.reject(error)
      }
  }

  async #load(lot: readonly Waiting[]): Promise<{ view: RoomView; sequence: number }> {
    const [cell, read] = await Promise.all([this.#context.readRoom(this.#room), this.#context.leases.read()])
    const { epoch, nodes } = await this.#withLeases(read, lot)
    const stored: StoredRoom | null = cell.value?.epoch === epoch ? cell.value : null
    const state = new RoomState(stored, stored === null ? await this.#context.sequences() : 0)
    const now = this.#context.clock.now()
    state.expire(nodes, now)
    return { view: { epoch, state, leases: nodes, now }, sequence: cell.sequence }
  }

  /** Gives a lease to the nodes of the operations that have no lease, or a lease that ends soon. */
  async #withLeases(leases: StoredLeases, lot: readonly Waiting[]): Promise<StoredLeases> {
    let all = leases
    for (const { operation } of lot) {
      if (operation.lease === undefined) continue
      const { nodes, lease } = operation.lease
      const now = this.#context.clock.now()
      const soon = now + lease.ttl / 2
      const without = nodes.filter((node) => !isAlive(all.nodes[node], soon))
      if (without.length > 0) all = await this.#context.leases.renew(without, lease)
    }
    return all
  }

  async #store({ epoch, state }: RoomView, text: string, sequence: number): Promise<boolean> {
    if (!(await this.#context.writeRoom(this.#room, text, sequence))) return false
    this.#context.tell(this.#room, epoch, state.steps)
    return true
  }

  #tooLarge(): ChatError {
    return new ChatError(
      'too_large',
      `unable to enter the room: its presence would exceed ${this.#context.largestRoom} members, or the size of a message of the NATS server`,
    )
  }
}
