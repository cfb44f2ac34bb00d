import type {
  EnteringSession,
  PresenceHint,
  PresenceLease,
  PresencePage,
  PresenceRevision,
  PresenceStore,
  PresentSession,
} from '../../backplane/presence-store.ts'
import { KeyedSets } from '../../runtime/keyed-sets.ts'
import type { Runtime, Undo } from '../../runtime/runtime.ts'
import { ChatError } from '../../vocabulary/errors.ts'
import type { JsonText } from '../../vocabulary/json-text.ts'
import { heapBytes } from '../../vocabulary/text.ts'
import { addListener } from './listeners.ts'

/** The members of a room. An empty room takes no memory. */
interface Room {
  revision: number
  readonly members: Map<string, PresentSession>
}

/** The state of a session that has left and may come back. */
interface Departed {
  readonly state: JsonText
  readonly expires: number
}

/** Bounds of a {@link MemoryPresenceStore}: the number of remembered states, and the bytes of all records. */
export interface PresenceBounds {
  readonly count: number
  readonly bytes: number
}

/** The share of all bytes above which a user is refused while half of all bytes are taken. */
const fairShare = 0.1
/** Bytes that a record takes in memory besides its texts. */
const recordBytes = 300
/** Bytes that a room takes in memory besides its name and its members. */
const roomBytes = 400

/** The presence store in memory. */
export class MemoryPresenceStore implements PresenceStore {
  readonly #runtime: Runtime
  readonly #bounds: PresenceBounds
  readonly #rooms = new Map<string, Room>()
  readonly #watchers = new KeyedSets<(hint: PresenceHint) => void>()
  /** The end of each node's lease, and the duration for which states are remembered afterwards. */
  readonly #nodes = new Map<string, { readonly expires: number; readonly keep: number }>()
  /** The states of departed sessions by room and session, oldest first. */
  readonly #departed = new Map<string, Departed>()
  /** The bytes of each user's members. */
  readonly #byUser = new Map<string, number>()
  /**
   * The newest revision of all rooms, which empty rooms share, so that a room made anew continues above its
   * former revision.
   */
  #revision = 0
  #bytes = 0
  #epoch: string

  constructor(runtime: Runtime, bounds: PresenceBounds) {
    this.#runtime = runtime
    this.#bounds = bounds
    this.#epoch = runtime.id(10)
  }

  /** The number of records that are held. */
  get size(): number {
    let size = this.#departed.size + this.#nodes.size
    for (const { members } of this.#rooms.values()) size += members.size
    return size
  }

  /** Bytes in memory of all members and remembered states. */
  get bytes(): number {
    return this.#bytes
  }

  lease(node: string, lease: PresenceLease): void {
    // Expire first: a late renewal must not bring back sessions that have already left.
    this.#expire()
    this.#renew(node, lease)
    if (lease.ttl === 0) this.#expire()
  }

  enter(room: string, sessions: readonly EnteringSession[], lease: PresenceLease): PresencePage {
    this.#expire()
    this.#makeRoom(room, sessions)
    for (const { node } of sessions) this.#renew(node, lease)
    const changed: PresentSession[] = []
    const members = sessions.map((entering): PresentSession => {
      const known = this.#rooms.get(room)?.members.get(entering.session)
      if (known !== undefined && known.generation > entering.generation) return known
      const { state = this.#lastState(room, entering.session, known) } = entering
      const member = { ...entering, state }
      this.#forgetState(departedKey(room, entering.session))
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
    if (keep === 0) this.#forgetState(departedKey(room, session))
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
    for (const [key, { expires }] of this.#departed) if (expires <= now) this.#forgetState(key)
  }

  /** Loses all state. */
  clear(): void {
    this.#rooms.clear()
    this.#nodes.clear()
    this.#departed.clear()
    this.#byUser.clear()
    this.#bytes = 0
    this.#epoch = this.#runtime.id(10)
  }

  #revisionOf(room: string): PresenceRevision {
    return { epoch: this.#epoch, revision: this.#rooms.get(room)?.revision ?? this.#revision }
  }

  #renew(node: string, { ttl, keep }: PresenceLease): void {
    this.#nodes.set(node, { expires: this.#runtime.now() + ttl, keep })
  }

  #lastState(room: string, session: string, known: PresentSession | undefined): JsonText {
    if (known !== undefined) return known.state
    const departed = this.#departed.get(departedKey(room, session))
    return departed !== undefined && departed.expires > this.#runtime.now() ? departed.state : 'null'
  }

  #remember(room: string, { session, state }: PresentSession, keep: number): void {
    const key = departedKey(room, session)
    this.#forgetState(key)
    // Without a state there is nothing to remember, and nothing that could push out the states of others.
    if (state === 'null') return
    this.#departed.set(key, { state, expires: this.#runtime.now() + keep })
    this.#bytes += departedBytes(key, state)
    for (const oldest of this.#departed.keys()) {
      if (this.#departed.size <= this.#bounds.count && this.#bytes <= this.#bounds.bytes) return
      this.#forgetState(oldest)
    }
  }

  #forgetState(key: string): void {
    const departed = this.#departed.get(key)
    if (departed === undefined) return
    this.#departed.delete(key)
    this.#bytes -= departedBytes(key, departed.state)
  }

  /**
   * Makes room for the states of a request: forgets remembered states of other sessions, oldest first.
   *
   * @throws ChatError `unavailable` when that is not enough, or a user has more than its share.
   */
  #makeRoom(room: string, sessions: readonly EnteringSession[]): void {
    let bytes = 0
    for (const { session, user, state } of sessions) {
      const known = this.#rooms.get(room)?.members.get(session)
      const text = state ?? this.#lastState(room, session, known)
      bytes += recordBytes + heapBytes(text) + heapBytes(user) - memberBytes(known ?? null)
    }
    if (bytes <= 0) return
    this.#checkShare(sessions)
    if (this.#bytes + bytes <= this.#bounds.bytes) return
    const own = new Set(sessions.map(({ session }) => departedKey(room, session)))
    for (const oldest of this.#departed.keys()) {
      if (this.#bytes + bytes <= this.#bounds.bytes) return
      if (!own.has(oldest)) this.#forgetState(oldest)
    }
    if (this.#bytes + bytes > this.#bounds.bytes)
      throw new ChatError('unavailable', 'unable to enter the room: the store is full of presence states')
  }

  /** So that no user can take the room of all others, whatever its number of sessions. */
  #checkShare(sessions: readonly EnteringSession[]): void {
    const { bytes } = this.#bounds
    if (this.#bytes <= bytes / 2) return
    if (sessions.some(({ user }) => (this.#byUser.get(user) ?? 0) > bytes * fairShare))
      throw new ChatError('unavailable', 'unable to enter the room: this user has too many presence states')
  }

  /** Counts the bytes of a member that enters, or takes them off with -1. */
  #count(member: PresentSession | null, sign: 1 | -1): void {
    if (member === null) return
    const bytes = sign * memberBytes(member)
    const sum = (this.#byUser.get(member.user) ?? 0) + bytes
    if (sum > 0) this.#byUser.set(member.user, sum)
    else this.#byUser.delete(member.user)
    this.#bytes += bytes
  }

  #change(address: string, changes: PresenceHint['changes']): void {
    if (changes.length === 0) return
    const room = this.#rooms.get(address) ?? { revision: this.#revision, members: new Map() }
    const prev = room.revision
    room.revision = ++this.#revision
    this.#bytes -= this.#rooms.has(address) ? roomBytes + heapBytes(address) : 0
    for (const { session, member } of changes) {
      this.#count(room.members.get(session) ?? null, -1)
      this.#count(member, 1)
      if (member === null) room.members.delete(session)
      else room.members.set(session, member)
    }
    if (room.members.size > 0) this.#rooms.set(address, room)
    else this.#rooms.delete(address)
    this.#bytes += this.#rooms.has(address) ? roomBytes + heapBytes(address) : 0
    const hint: PresenceHint = { epoch: this.#epoch, prev, revision: room.revision, changes }
    for (const listener of this.#watchers.values(address)) listener(hint)
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
  a.generation === b.generation && a.node === b.node && a.user === b.user && a.state === b.state

const memberBytes = (member: PresentSession | null): number =>
  member === null ? 0 : recordBytes + heapBytes(member.state) + heapBytes(member.user)

const departedBytes = (key: string, state: JsonText): number =>
  recordBytes + heapBytes(key) + heapBytes(state)
