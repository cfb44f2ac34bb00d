import type {
  EnteringSession,
  PresenceHint,
  PresencePage,
  PresenceRevision,
  PresentSession,
} from '../../backplane/presence-store.ts'
import { attempt } from '../../runtime/maybe-promise.ts'
import type { Undo } from '../../runtime/runtime.ts'
import type { HubContext } from '../context.ts'
import type { Reader } from '../delivery/reader.ts'
import { leaseOf } from '../nodes/living-nodes.ts'
import type { PresenceRules } from '../options.ts'
import { LocalSessions } from './local-sessions.ts'
import { MemberList } from './member-list.ts'
import { PresenceUpdates } from './presence-updates.ts'

const retryDelay = 1_000
/** Time that a replica of the store may take to answer with a revision that a hint has named already. */
const replicaLag = 100
/**
 * Maximum number of hints that are kept while the members are read. For further hints the members are read
 * again.
 */
const maxHeldHints = 1_000
/**
 * Time for which an unused room is kept, so that clients that ask for its members in turn do not cost a read
 * of all members each.
 */
const idleTime = 10_000

/**
 * The way in which a session leaves a room. `lost`: its connection was lost, so it may come back within the
 * grace (P-PR-5). `closed`: its client closed the connection, and the session could still be resumed. `left`:
 * it left the room for good.
 */
export type Departure = 'lost' | 'closed' | 'left'

/** Options of a {@link RoomPresence}. */
export interface RoomPresenceOptions {
  /** The options of presence. */
  readonly rules: PresenceRules
  /** Returns the readers of the room on this node. */
  readonly readers: () => Iterable<Reader>
  /** Called when the room is no longer needed; the registry then closes it. */
  readonly onUnused: (room: RoomPresence) => void
}

interface Opening {
  readonly ready: () => void
  readonly failed: (error: unknown) => void
}

/**
 * The members of one room as this node knows them. It follows the backplane's presence store by its hints,
 * and reads the members again where hints are missing.
 */
export class RoomPresence {
  /** The address of the room. */
  readonly address: string
  /** Tells the readers of the room. */
  readonly updates: PresenceUpdates
  readonly #context: HubContext
  readonly #options: RoomPresenceOptions
  readonly #members = new MemberList()
  /** The sessions of this node that are present in the room. */
  readonly #locals: LocalSessions
  /** Enter operations that wait for a restoration; `null` while none is under way. */
  #restoring: (() => void)[] | null = null
  readonly #undo: Undo[] = []
  #openings: Opening[] = []
  /** Number of sessions in the room, sessions that enter it or are in their grace, and questions. */
  #holds = 0
  #cancelIdle: Undo | null = null
  /** The revision that the members show; `null` when they must be read whole. */
  #known: { epoch: string; revision: number } | null = null
  /** Sessions of this node that the store does not have, until it is told. */
  #missing: string[] = []
  /** The greatest revision that a hint or answer has named: a page below it is old. */
  #heard = 0
  #opened = false
  #reading = false
  /** Set to read once more, for a request that came while the members were read. */
  #again = false
  /** Hints that came while the members were read. */
  #heldHints: PresenceHint[] = []
  #retry: Undo | null = null
  #closed = false

  constructor(context: HubContext, address: string, options: RoomPresenceOptions) {
    this.address = address
    this.#context = context
    this.#options = options
    this.#locals = new LocalSessions({
      runtime: context.runtime,
      grace: options.rules.grace,
      hold: () => this.hold(),
      release: () => this.release(),
      onGraceOver: (session, generation) =>
        this.#leave({ session, generation, keep: context.timeouts.session }),
    })
    this.updates = new PresenceUpdates({
      address,
      runtime: context.runtime,
      members: this.#members,
      max: options.rules.max,
      readers: options.readers,
    })
  }

  /** Keeps the room open until {@link RoomPresence.release}. */
  hold(): void {
    if (this.#holds++ === 0) this.#wake()
  }

  /** Releases a hold. A room without holds is closed after a while, or at once when it has no members. */
  release(): void {
    if (--this.#holds > 0) return
    if (this.#closed || this.#members.size === 0) this.#options.onUnused(this)
    else this.#cancelIdle = this.#context.runtime.timer(idleTime, () => this.#options.onUnused(this))
  }

  /**
   * Resolves when the members are known.
   *
   * @throws the error of the backplane when the store is out of reach.
   */
  open(): Promise<void> {
    return new Promise((ready, failed) => {
      if (this.#opened) return ready()
      this.#openings.push({ ready, failed })
      if (this.#openings.length > 1) return
      // The hints come first, then the members: a change that happens in between is part of either.
      this.#undo.push(this.#context.backplane.presence.watch(this.address, (hint) => this.#takeHint(hint)))
      this.#read()
    })
  }

  /** Stops listening to the store, and all timers. */
  close(): void {
    this.#closed = true
    this.#wake()
    for (const undo of this.#undo.splice(0)) undo()
    this.updates.close()
    this.#retry?.()
    this.#locals.clear()
    this.#opened = false
  }

  /**
   * Makes a session present. A session that gives no `state` keeps its earlier state in this room. The
   * readers are told first; the promise resolves when the store has the session.
   *
   * @throws the error of the backplane when the store is out of reach.
   */
  enter(entering: EnteringSession): Promise<void> {
    return new Promise((entered, failed) => this.#enter(entering, { ready: entered, failed }))
  }

  #enter(entering: EnteringSession, opening: Opening): void {
    if (this.#restoring !== null) {
      this.#restoring.push(() => this.#enter(entering, opening))
      return
    }
    const { session, generation } = entering
    this.#locals.beginEnter(session)
    attempt(
      () => this.#context.backplane.presence.enter(this.address, [entering], leaseOf(this.#context)),
      (page) => {
        this.#entered(session, generation, page)
        opening.ready()
      },
      (error) => {
        this.#enterFailed(session, generation)
        opening.failed(error)
      },
    )
  }

  #entered(session: string, generation: number, page: PresencePage): void {
    this.#locals.endEnter(session)
    // A newer connection of the session that was answered before stays.
    if (!this.#locals.outlives(session, generation + 1)) this.#locals.add(session, generation)
    this.#takeAnswer(page)
    this.updates.flush()
  }

  #enterFailed(session: string, generation: number): void {
    this.#locals.endEnter(session)
    // The store may have it all the same, so the members are read again.
    this.#known = null
    // If the store has it, the session is likely to try again within its grace.
    if (!this.#locals.outlives(session, generation)) this.#locals.startGrace(session, generation)
  }

  /** Lets a session leave, at once or after its grace. The room is held until the store has it. */
  depart(session: string, generation: number, departure: Departure): void {
    if (this.#locals.outlives(session, generation + 1)) return
    this.hold()
    this.#locals.remove(session)
    const keep = departure === 'left' ? 0 : this.#context.timeouts.session
    if (departure !== 'lost') return this.#leave({ session, generation, keep })
    this.#locals.startGrace(session, generation)
    this.release()
  }

  #wake(): void {
    this.#cancelIdle?.()
    this.#cancelIdle = null
  }

  /** Reads the members for changes whose hints were lost. */
  check(): void {
    if (this.#opened) this.#read()
  }

  /** Takes the store's answer to an operation of this node. */
  #takeAnswer({ epoch, revision, members }: PresencePage): void {
    if (this.#known?.epoch === epoch) {
      // The later changes are known already.
      if (revision <= this.#known.revision) return
      this.#heard = Math.max(this.#heard, revision)
    }
    for (const member of members) this.#put(member)
  }

  #takeHint(hint: PresenceHint): void {
    // The hint was under way when this room stopped listening.
    if (this.#undo.length === 0) return
    if (this.#reading) {
      if (this.#heldHints.length < maxHeldHints) this.#heldHints.push(hint)
      else this.#again = true
      return
    }
    const { epoch, prev, revision, changes } = hint
    if (this.#known === null || epoch !== this.#known.epoch) return this.#read()
    if (revision <= this.#known.revision) return
    this.#heard = Math.max(this.#heard, revision)
    if (prev !== this.#known.revision) return this.#read()
    this.#known = { epoch, revision }
    for (const { session, member } of changes) {
      if (member !== null) this.#put(member)
      else if (!this.#isOurs(session)) this.#remove(session)
      else this.#missing.push(session)
    }
    this.#restore()
  }

  /** Reads the members, once for all requests that come meanwhile. */
  #read(): void {
    if (this.#reading) {
      this.#again = true
      return
    }
    this.#reading = true
    this.#again = false
    attempt(
      () => this.#context.backplane.presence.members(this.address, this.#known),
      (page) => this.#readDone(page),
      (error) => this.#readFailed(error),
    )
  }

  #readDone(page: PresencePage | null): void {
    this.#reading = false
    const old = page !== null && page.epoch === this.#known?.epoch && page.revision < this.#heard
    if (page !== null && !old) this.#takePage(page)
    this.#restore()
    this.#opened = true
    for (const { ready } of this.#openings.splice(0)) ready()
    this.#catchUp(old)
  }

  #readFailed(error: unknown): void {
    this.#reading = false
    this.#context.reportBackplane(error, this.address)
    const openings = this.#openings.splice(0)
    if (openings.length > 0) for (const undo of this.#undo.splice(0)) undo()
    for (const { failed } of openings) failed(error)
  }

  /**
   * Goes on with the hints that came meanwhile. In a busy room, reading all members again for them would
   * never end.
   */
  #catchUp(old: boolean): void {
    const held = this.#heldHints.toSorted((a, b) => a.revision - b.revision)
    this.#heldHints = []
    if (this.#closed) return
    if (old) this.#retry ??= this.#context.runtime.timer(replicaLag, () => this.#readAgain())
    else if (this.#again) this.#read()
    for (const hint of held) this.#takeHint(hint)
  }

  #readAgain(): void {
    this.#retry = null
    this.#read()
  }

  #takePage(page: PresencePage): void {
    if (page.epoch !== this.#known?.epoch) this.#heard = page.revision
    this.#known = { epoch: page.epoch, revision: page.revision }
    const present = new Set<string>()
    for (const member of page.members) {
      present.add(member.session)
      this.#put(member)
    }
    for (const { session } of this.#members.members)
      if (!present.has(session) && !this.#isOurs(session)) this.#remove(session)
    this.#missing = [...this.#locals.ids].filter((session) => this.#isOurs(session) && !present.has(session))
  }

  /**
   * Tells the store again about sessions of this node that it has lost. Enter operations wait meanwhile, so
   * that their state is the last word.
   */
  #restore(): void {
    const lost = this.#missing.filter((session) => !this.#locals.isEntering(session))
    const missing = lost.flatMap((session) => this.#members.get(session) ?? [])
    this.#missing = []
    if (missing.length === 0) return
    if (this.#restoring !== null) {
      // The next check finds them.
      this.#known = null
      return
    }
    this.#restoring = []
    attempt(
      () => this.#context.backplane.presence.enter(this.address, missing, leaseOf(this.#context)),
      (page) => {
        this.#takeAnswer(page)
        this.#restored()
      },
      (error) => {
        this.#context.reportBackplane(error, this.address)
        this.#known = null
        this.#restored()
      },
    )
  }

  #restored(): void {
    const waiting = this.#restoring ?? []
    this.#restoring = null
    for (const enter of waiting) enter()
  }

  /** Tells whether this node decides that a session is present. */
  #isOurs(session: string): boolean {
    const generation = this.#locals.generationOf(session)
    const known = this.#members.get(session)
    return generation !== undefined && known !== undefined && known.generation <= generation
  }

  #put(member: PresentSession): void {
    const { session } = member
    const known = this.#members.get(session)
    if (known !== undefined && known.generation > member.generation) return
    const generation = this.#locals.generationOf(session)
    // The session went on at another node.
    if (generation !== undefined && generation < member.generation) this.#locals.remove(session)
    if (this.#members.put(member)) this.updates.noteChange(session, known !== undefined)
  }

  #remove(session: string): void {
    if (this.#members.remove(session)) this.updates.noteChange(session, true)
  }

  /**
   * Removes a session from the store, unless it is present again by then. It counts as present until the
   * store has answered, and holds the room.
   */
  #leave(leaving: { session: string; generation: number; keep: number }): void {
    const { session, generation, keep } = leaving
    if (this.#locals.has(session) || this.#locals.isEntering(session)) return this.release()
    attempt(
      () => this.#context.backplane.presence.leave(this.address, session, generation, keep),
      (revision) => {
        this.#left(session, generation, revision)
        this.release()
      },
      (error) => {
        this.#context.reportBackplane(error, this.address)
        if (!this.#context.closed) this.#context.runtime.timer(retryDelay, () => this.#leave(leaving))
      },
    )
  }

  #left(session: string, generation: number, { epoch, revision }: PresenceRevision): void {
    if (this.#known?.epoch === epoch) {
      // The later changes are known already.
      if (revision <= this.#known.revision) return
      this.#heard = Math.max(this.#heard, revision)
    }
    const known = this.#members.get(session)
    if (known !== undefined && known.generation <= generation && !this.#locals.has(session))
      this.#remove(session)
  }
}
