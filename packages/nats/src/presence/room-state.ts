import type { EnteringSession, PresenceHint, PresentSession } from '@chat/core/backplane'
import { isAlive, type LeaseTable } from './leases.ts'

/** A member as JetStream keeps it: with the incarnation of its node's lease. */
type MemberRow = readonly [
  session: string,
  user: string,
  generation: number,
  node: string,
  incarnation: string,
  state: string,
]
/** The state of a session that has left and may come back. */
type DepartedRow = readonly [session: string, state: string, expires: number]

/** A room as JetStream keeps it. */
export interface StoredRoom {
  /** The epoch of the presence store in which it was written. */
  readonly epoch: string
  readonly revision: number
  readonly members: readonly MemberRow[]
  readonly departed: readonly DepartedRow[]
}

interface Member {
  readonly record: PresentSession
  readonly incarnation: string
}

/** A step of a room: the changes between two revisions. */
export type RoomStep = Omit<PresenceHint, 'epoch'>

/** Revisions for each sequence of the stream: one message can hold as many changes, less one. */
const revisionsPerSequence = 4_096

/** Maximum number of changes in one message, so that a revision stays below those of later sequences. */
export const maxSteps: number = revisionsPerSequence - 2

/** The members of a room while operations are applied to it. */
export class RoomState {
  readonly #members = new Map<string, Member>()
  readonly #departed = new Map<string, { readonly state: string; readonly expires: number }>()
  readonly #steps: RoomStep[] = []
  #revision: number
  /** `true` when the room has another content without a step. */
  #touched: boolean

  /**
   * @param room - The room as it is stored; `null` without a message.
   * @param sequences - Number of messages that the stream has had, for a room without a message: its revision
   * is greater than any that the room has ever had.
   */
  constructor(room: StoredRoom | null, sequences: number) {
    this.#revision = room?.revision ?? (sequences + 1) * revisionsPerSequence
    // A room is stored when it is looked at first: else its revision would grow without a change.
    this.#touched = room === null
    for (const [session, user, generation, node, incarnation, state] of room?.members ?? [])
      this.#members.set(session, { record: { session, user, state, generation, node }, incarnation })
    for (const [session, state, expires] of room?.departed ?? [])
      this.#departed.set(session, { state, expires })
  }

  /** The revision after all steps. */
  get revision(): number {
    return this.#revision
  }

  /** The steps so far. */
  get steps(): readonly RoomStep[] {
    return this.#steps
  }

  /** `true` when the room must be stored. */
  get changed(): boolean {
    return this.#steps.length > 0 || this.#touched
  }

  /** Number of members. */
  get size(): number {
    return this.#members.size
  }

  /** The records of all members. */
  get members(): PresentSession[] {
    return Array.from(this.#members.values(), ({ record }) => record)
  }

  /** The nodes of its members. */
  get nodes(): Set<string> {
    return new Set(Array.from(this.#members.values(), ({ record }) => record.node))
  }

  /** Removes the members of nodes without a lease, and forgets the states that have expired. */
  expire(leases: LeaseTable, now: number): void {
    const gone: string[] = []
    for (const [session, { record, incarnation }] of this.#members) {
      const lease = leases[record.node]
      if (isAlive(lease, now) && lease.incarnation === incarnation) continue
      gone.push(session)
      // The end of a former incarnation is not known any more: its states are remembered from now on.
      if (lease !== undefined) {
        const end = lease.incarnation === incarnation ? lease.expires : now
        this.#departed.set(session, { state: record.state, expires: end + lease.keep })
      }
    }
    this.#change(gone.map((session) => ({ session, member: null })))
    for (const [session, { expires }] of this.#departed) if (expires <= now) this.#departed.delete(session)
  }

  /** Applies an enter, and returns the records as they are now. */
  enter(sessions: readonly EnteringSession[], leases: LeaseTable): PresentSession[] {
    const changes: { session: string; member: PresentSession }[] = []
    const records = sessions.map((entering): PresentSession => {
      const { session } = entering
      const known = this.#members.get(session)
      if (known !== undefined && known.record.generation > entering.generation) return known.record
      const state = entering.state ?? known?.record.state ?? this.#departed.get(session)?.state ?? 'null'
      this.#touched = this.#departed.delete(session) || this.#touched
      const { user, generation, node } = entering
      const record = { session, user, state, generation, node }
      const incarnation = leases[node]?.incarnation ?? ''
      if (known !== undefined && sameRecord(known.record, record)) return known.record
      this.#members.set(session, { record, incarnation })
      changes.push({ session, member: record })
      return record
    })
    this.#note(changes)
    return records
  }

  /** Applies a leave. */
  leave(
    session: string,
    generation: number,
    keep: { readonly duration: number; readonly now: number },
  ): void {
    const known = this.#members.get(session)
    if (keep.duration === 0) this.#touched = this.#departed.delete(session) || this.#touched
    if (known === undefined || known.record.generation > generation) return
    if (keep.duration > 0)
      this.#departed.set(session, { state: known.record.state, expires: keep.now + keep.duration })
    this.#change([{ session, member: null }])
  }

  /** The room as it is to be stored. */
  toStored(epoch: string): StoredRoom {
    const members = Array.from(this.#members.values(), ({ record, incarnation }): MemberRow => {
      const { session, user, generation, node, state } = record
      return [session, user, generation, node, incarnation, state]
    })
    const departed = Array.from(
      this.#departed,
      ([session, { state, expires }]): DepartedRow => [session, state, expires],
    )
    return { epoch, revision: this.#revision, members, departed }
  }

  #change(changes: readonly { session: string; member: null }[]): void {
    for (const { session } of changes) this.#members.delete(session)
    this.#note(changes)
  }

  #note(changes: PresenceHint['changes']): void {
    if (changes.length === 0) return
    const prev = this.#revision
    this.#revision = prev + 1
    this.#steps.push({ prev, revision: this.#revision, changes })
  }
}

const sameRecord = (a: PresentSession, b: PresentSession): boolean =>
  a.generation === b.generation && a.node === b.node && a.user === b.user && a.state === b.state
