import type {
  EnteringSession,
  PresenceHint,
  PresenceLease,
  PresencePage,
  PresenceRevision,
  PresenceStore,
  PresentSession,
} from '../../backplane/presence-store.ts'
import type { Runtime, Undo } from '../../runtime/runtime.ts'
import { addListener } from './listeners.ts'

/** The members of a room. An empty room takes no memory. */
interface Room {
  revision: number
  readonly members: Map<string, PresentSession>
}

/** The state of a session that has left and may come back. */
interface Departed {
  readonly state: unknown
  readonly expires: number
}

/** The presence store in memory. */
export class MemoryPresenceStore implements PresenceStore {
  readonly #runtime: Runtime
  readonly #capacity: number
  readonly #rooms = new Map<string, Room>()
  readonly #watchers = new Map<string, Set<(hint: PresenceHint) => void>>()
  /** The end of each node's lease, and the duration for which states are remembered afterwards. */
  readonly #nodes = new Map<string, { readonly expires: number; readonly keep: number }>()
  /** The states of departed sessions by room and session, oldest first. */
  readonly #departed = new Map<string, Departed>()
  /**
   * The newest revision of all rooms, which empty rooms share, so that a room made anew continues above its
   * former revision.
   */
  #revision = 0
  #epoch: string

  constructor(runtime: Runtime, capacity: number) {
    this.#runtime = runtime
    this.#capacity = capacity
    this.#epoch = runtime.id(10)
  }

  /** The number of records that are held. */
  get size(): number {
    let size = this.#departed.size + this.#nodes.size
    for (const { members } of this.#rooms.values()) size += members.size
    return size
  }

  lease(node: string, lease: PresenceLease): void {
    // Expire first: a late renewal must not bring back sessions that have already left.
    this.#expire()
    this.#renew(node, lease)
  }

  enter(room: string, sessions: readonly EnteringSession[], lease: PresenceLease): PresencePage {
    this.#expire()
    for (const { node } of sessions) this.#renew(node, lease)
    const changed: PresentSession[] = []
    const members = sessions.map((entering): PresentSession => {
      const known = this.#rooms.get(room)?.members.get(entering.session)
      if (known !== undefined && known.generation > entering.generation) return known
      const { state = this.#lastState(room, entering.session, known) } = entering
      const member = { ...entering, state }
      this.#departed.delete(departedKey(room, entering.session))
      if (known !== undefined && sameRecord(known, member)) return known
      changed.push(member)
      return member
    })
    this.#change(
      room,
      changed.map((member) => ({ session: member.session, member })),
    )
    return { ...this.#revisionOf(room), members }
  }

  leave(room: string, session: string, generation: number, keep: number): PresenceRevision {
    this.#expire()
    const known = this.#rooms.get(room)?.members.get(session)
    if (keep === 0) this.#departed.delete(departedKey(room, session))
    if (known !== undefined && known.generation <= generation) {
      if (keep > 0) this.#remember(room, known, keep)
      this.#change(room, [{ session, member: null }])
    }
    return this.#revisionOf(room)
  }

  members(room: string, known: PresenceRevision | null): PresencePage | null {
    this.#expire()
    const now = this.#revisionOf(room)
    if (known?.epoch === now.epoch && known.revision === now.revision) return null
    return { ...now, members: [...(this.#rooms.get(room)?.members.values() ?? [])] }
  }

  watch(room: string, listener: (hint: PresenceHint) => void): Undo {
    return addListener(this.#watchers, room, listener)
  }

  /** Forgets expired states. */
  sweep(now: number): void {
    this.#expire()
    for (const [key, { expires }] of this.#departed) if (expires <= now) this.#departed.delete(key)
  }

  /** Loses all state. */
  clear(): void {
    this.#rooms.clear()
    this.#nodes.clear()
    this.#departed.clear()
    this.#epoch = this.#runtime.id(10)
  }

  #revisionOf(room: string): PresenceRevision {
    return { epoch: this.#epoch, revision: this.#rooms.get(room)?.revision ?? this.#revision }
  }

  #renew(node: string, { ttl, keep }: PresenceLease): void {
    this.#nodes.set(node, { expires: this.#runtime.now() + ttl, keep })
  }

  #lastState(room: string, session: string, known: PresentSession | undefined): unknown {
    if (known !== undefined) return known.state
    const departed = this.#departed.get(departedKey(room, session))
    return departed !== undefined && departed.expires > this.#runtime.now() ? departed.state : null
  }

  #remember(room: string, { session, state }: PresentSession, keep: number): void {
    const key = departedKey(room, session)
    this.#departed.delete(key)
    this.#departed.set(key, { state, expires: this.#runtime.now() + keep })
    if (this.#departed.size <= this.#capacity) return
    const [oldest] = this.#departed.keys()
    if (oldest !== undefined) this.#departed.delete(oldest)
  }

  #change(address: string, changes: PresenceHint['changes']): void {
    if (changes.length === 0) return
    const room = this.#rooms.get(address) ?? { revision: this.#revision, members: new Map() }
    const prev = room.revision
    room.revision = ++this.#revision
    for (const { session, member } of changes)
      if (member === null) room.members.delete(session)
      else room.members.set(session, member)
    if (room.members.size > 0) this.#rooms.set(address, room)
    else this.#rooms.delete(address)
    const hint: PresenceHint = { epoch: this.#epoch, prev, revision: room.revision, changes }
    for (const listener of this.#watchers.get(address) ?? []) listener(hint)
  }

  /** Removes the sessions of nodes whose lease has ended. */
  #expire(): void {
    const now = this.#runtime.now()
    for (const [node, { expires, keep }] of this.#nodes) {
      if (expires > now) continue
      this.#nodes.delete(node)
      // A listener may enter its sessions again in the same call, so the rooms are copied.
      for (const [address, { members }] of [...this.#rooms]) {
        const gone = [...members.values()].filter((member) => member.node === node)
        for (const member of gone) this.#remember(address, member, keep)
        this.#change(
          address,
          gone.map(({ session }) => ({ session, member: null })),
        )
      }
    }
  }
}

const departedKey = (room: string, session: string): string => JSON.stringify([room, session])

const sameRecord = (a: PresentSession, b: PresentSession): boolean =>
  a.generation === b.generation && a.node === b.node && a.user === b.user && sameJson(a.state, b.state)

const sameJson = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
