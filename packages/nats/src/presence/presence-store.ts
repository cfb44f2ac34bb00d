import type { Runtime, Undo } from '@chat/core'
import type {
  EnteringSession,
  PresenceHint,
  PresenceLease,
  PresencePage,
  PresenceRevision,
  PresenceStore,
} from '@chat/core/backplane'
import type { Link } from '../connection/link.ts'
import type { Names } from '../names.ts'
import { isAlive, type StoredLeases } from './leases.ts'
import type { PresenceContext } from './presence-context.ts'
import { type RoomOperation, RoomQueue, type RoomView } from './room-queue.ts'

/** The services of {@link NatsPresenceStore}. */
export interface PresenceServices {
  readonly context: PresenceContext
  readonly link: Link
  readonly names: Names
  readonly runtime: Runtime
  /** Duration after which JetStream removes a room that was not stored again, in milliseconds. */
  readonly age: number
}

/** A room with members of this node. */
interface OwnRoom {
  /** Its sessions of this node. */
  readonly sessions: Set<string>
  /** The time at which it was stored, on the clock of the runtime, as far as this node knows. */
  stored: number
}

/** Number of rooms that are looked at at once. */
const looksAtOnce = 16

/**
 * The members of rooms in JetStream: a message for each room, which changes by compare-and-set. Leases are in
 * one message, which every look at a room reads, so a room is always shown without the members of dead nodes.
 */
export class NatsPresenceStore implements PresenceStore {
  readonly #context: PresenceContext
  readonly #link: Link
  readonly #names: Names
  readonly #runtime: Runtime
  readonly #age: number
  readonly #queues = new Map<string, RoomQueue>()
  readonly #own = new Map<string, OwnRoom>()
  /** The rooms that are watched, with the number of their listeners. */
  readonly #watched = new Map<string, number>()
  /** The living leases as this node has seen them last: the incarnation of each node. */
  #living = new Map<string, string>()

  constructor({ context, link, names, runtime, age }: PresenceServices) {
    this.#context = context
    this.#link = link
    this.#names = names
    this.#runtime = runtime
    this.#age = age
  }

  /** Implements {@link PresenceStore.lease}. */
  async lease(node: string, lease: PresenceLease): Promise<void> {
    const leases = await this.#context.leases.renew([node], lease)
    if (this.#seesLapse(leases)) void this.#lookAt([...this.#watched.keys()])
    void this.#keepRooms()
  }

  /** Implements {@link PresenceStore.enter}. */
  async enter(
    room: string,
    sessions: readonly EnteringSession[],
    lease: PresenceLease,
  ): Promise<PresencePage> {
    const nodes = [...new Set(sessions.map(({ node }) => node))]
    const page = await this.#run<PresencePage>(room, {
      lease: { nodes, lease },
      apply: ({ epoch, state, leases }) => {
        const members = state.enter(sessions, leases)
        return { epoch, revision: state.revision, members }
      },
    })
    const own = this.#own.get(room) ?? { sessions: new Set(), stored: 0 }
    this.#own.set(room, own)
    for (const { session } of sessions) own.sessions.add(session)
    own.stored = this.#runtime.now()
    return page
  }

  /** Implements {@link PresenceStore.leave}. */
  async leave(room: string, session: string, generation: number, keep: number): Promise<PresenceRevision> {
    const revision = await this.#run<PresenceRevision>(room, {
      apply: ({ epoch, state, now }) => {
        state.leave(session, generation, { duration: keep, now })
        return { epoch, revision: state.revision }
      },
    })
    const own = this.#own.get(room)
    own?.sessions.delete(session)
    if (own?.sessions.size === 0) this.#own.delete(room)
    return revision
  }

  /** Implements {@link PresenceStore.members}. */
  members(room: string, known: PresenceRevision | null): Promise<PresencePage | null> {
    return this.#run<PresencePage | null>(room, {
      apply: (view) => (isKnown(view, known) ? null : pageOf(view)),
    })
  }

  /** Implements {@link PresenceStore.watch}. */
  watch(room: string, listener: (hint: PresenceHint) => void): Undo {
    const undo = this.#link.listen(this.#names.roomHints(room), ({ data }) => {
      for (const hint of readHints(data)) listener(hint)
    })
    this.#watched.set(room, (this.#watched.get(room) ?? 0) + 1)
    let watching = true
    return () => {
      if (!watching) return
      watching = false
      undo()
      const left = (this.#watched.get(room) ?? 1) - 1
      if (left === 0) this.#watched.delete(room)
      else this.#watched.set(room, left)
    }
  }

  /** Number of rooms that this node holds in memory. */
  get size(): number {
    return this.#queues.size + this.#own.size
  }

  #run<Answer>(room: string, operation: RoomOperation<Answer>): Promise<Answer> {
    let queue = this.#queues.get(room)
    if (queue === undefined) {
      queue = new RoomQueue(this.#context, room, () => this.#queues.delete(room))
      this.#queues.set(room, queue)
    }
    return queue.run(operation)
  }

  /** `true` when a lease has run out since the last call. */
  #seesLapse({ nodes }: StoredLeases): boolean {
    const now = this.#context.clock.now()
    const living = new Map<string, string>()
    for (const [node, lease] of Object.entries(nodes))
      if (isAlive(lease, now)) living.set(node, lease.incarnation)
    const lapsed = [...this.#living].some(([node, incarnation]) => living.get(node) !== incarnation)
    this.#living = living
    return lapsed
  }

  /** Looks at rooms, which removes the members of dead nodes and tells the watchers. */
  async #lookAt(rooms: readonly string[]): Promise<void> {
    const left = rooms.values()
    const looks = Array.from({ length: looksAtOnce }, async () => {
      for (const room of left) await this.#run(room, { apply: () => null }).catch(() => {})
    })
    await Promise.all(looks)
  }

  /** Stores the rooms of this node again that JetStream would soon remove. */
  async #keepRooms(): Promise<void> {
    const old = this.#runtime.now() - this.#age / 3
    for (const [room, own] of this.#own) {
      if (own.stored > old) continue
      own.stored = this.#runtime.now()
      await this.#keepRoom(room).catch(() => {
        own.stored = old
      })
    }
  }

  async #keepRoom(room: string): Promise<void> {
    const { value, sequence, stored } = await this.#context.readRoom(room)
    if (value === null || this.#context.clock.now() - stored < this.#age / 3) return
    // Another node that was faster has stored it, too.
    await this.#context.writeRoom(room, JSON.stringify(value), sequence)
  }
}

/** Reads the hints of a message; no hints from a message of another program. */
function readHints(data: Uint8Array): PresenceHint[] {
  try {
    const hints: unknown = JSON.parse(Buffer.from(data).toString())
    return Array.isArray(hints) ? hints.filter(isHint) : []
  } catch {
    return []
  }
}

const isHint = (hint: Partial<PresenceHint> | null): hint is PresenceHint =>
  typeof hint?.epoch === 'string' && Number.isSafeInteger(hint.revision) && Array.isArray(hint.changes)

const pageOf = ({ epoch, state }: RoomView): PresencePage => ({
  epoch,
  revision: state.revision,
  members: state.members,
})

const isKnown = ({ epoch, state }: RoomView, known: PresenceRevision | null): boolean =>
  known?.epoch === epoch && known.revision === state.revision
