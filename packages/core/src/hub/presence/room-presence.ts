import type {
  EnteringSession,
  PresenceHint,
  PresenceLease,
  PresencePage,
  PresenceRevision,
  PresentSession,
} from '../../backplane/presence-store.ts'
import { attempt } from '../../runtime/maybe-promise.ts'
import type { Undo } from '../../runtime/runtime.ts'
import type { HubContext } from '../context.ts'
import type { PresenceRules } from '../options.ts'
import { MemberList } from './member-list.ts'
import { PresenceUpdates } from './presence-updates.ts'

/** How long the lease of a node lasts. */
const leaseTime = 30_000
const retryDelay = 1_000
/** How long the store may take to answer what it has told already. */
const replicaLag = 100
/** Hints that are kept while the members are read; what more come are read, too. */
const keptHints = 1_000

/**
 * How a session departs from a room: its connection was `lost`, and may come back within the grace (P-PR-5); its client has `closed` the connection, and
 * the session could still be resumed; or it has `left`, for good.
 */
export type Departure = 'lost' | 'closed' | 'left'

/** A session of this node, with the connection it is here by. */
interface Local {
  readonly generation: number
  /** Runs while its connection is gone (P-PR-5), and holds the roster. */
  readonly grace: Undo | null
}

/** What a node promises of its sessions; `ttl` when it is not to be for long. */
export const leaseOf = ({ timeouts }: HubContext, ttl: number = leaseTime): PresenceLease => ({
  ttl,
  keep: timeouts.session,
})

/**
 * Who is in one room, as this node knows: follows the backplane's presence by its hints, and by itself where they fail.
 *
 * @internal
 */
export class RoomPresence {
  readonly address: string
  /** How many need this roster: sessions in the room, those about to be, those in their grace, and questions. */
  holds = 0
  /** What the room's readers are told. */
  readonly bulletin: PresenceUpdates
  readonly #node: HubContext
  readonly #rules: PresenceRules
  readonly #directory = new MemberList()
  readonly #locals = new Map<string, Local>()
  /** How many times each session is about to be here. */
  readonly #entering = new Map<string, number>()
  /** What waits for a restoration that is under way. */
  #restoring: (() => void)[] | null = null
  readonly #undo: Undo[] = []
  #waiting: { ready: () => void; failed: (error: unknown) => void }[] = []
  /** The revision that the directory shows; `null` when it has to be read whole. */
  #known: { epoch: string; revision: number } | null = null
  /** Sessions of this node that the store does not have, until it is told of them. */
  #missing: string[] = []
  /** The greatest revision that was heard of: a page below it is old. */
  #heard = 0
  #opened = false
  #reading = false
  /** Whether to read once more, for what was asked while the members were read. */
  #again = false
  /** What was heard while the members were read. */
  #held: PresenceHint[] = []
  #retry: Undo | null = null
  #closed = false

  constructor(address: string, node: HubContext, rules: PresenceRules) {
    this.address = address
    this.#node = node
    this.#rules = rules
    this.bulletin = new PresenceUpdates(address, node, { max: rules.max, directory: this.#directory })
  }

  open(ready: () => void, failed: (error: unknown) => void): void {
    if (this.#opened) return ready()
    this.#waiting.push({ ready, failed })
    if (this.#waiting.length > 1) return
    const { presence } = this.#node.backplane
    // First the hints, then the members: what comes in between is seen in one of them.
    this.#undo.push(presence.watch(this.address, (hint) => this.#hint(hint)))
    this.#read()
  }

  close(): void {
    this.#closed = true
    for (const undo of this.#undo.splice(0)) undo()
    this.bulletin.close()
    this.#retry?.()
    for (const { grace } of this.#locals.values()) grace?.()
    this.#locals.clear()
    this.#opened = false
  }

  /** A session is about to be here; without a `state` it has the one it had in this room. The readers hear of it before `entered` is called. */
  enter(entering: EnteringSession, entered: () => void, failed: (error: unknown) => void): void {
    if (this.#restoring !== null) {
      this.#restoring.push(() => this.enter(entering, entered, failed))
      return
    }
    const { session, generation } = entering
    this.#entering.set(session, (this.#entering.get(session) ?? 0) + 1)
    attempt(
      () => this.#node.backplane.presence.enter(this.address, [entering], leaseOf(this.#node)),
      (page) => {
        this.#settled(session)
        // A newer connection of it, answered before, stands.
        if (!this.#outlives(session, generation + 1)) {
          this.#back(session)
          this.#locals.set(session, { generation, grace: null })
        }
        this.#confirm(page)
        this.bulletin.flush()
        entered()
      },
      (error) => {
        this.#settled(session)
        // Whether the store has it is to be seen.
        this.#known = null
        // If it has, the session is likely to try again.
        if (!this.#outlives(session, generation)) {
          this.#back(session)
          this.#linger(session, generation)
        }
        failed(error)
      },
    )
  }

  /** Whether a connection of this generation or a later one is here, or in its grace. */
  #outlives(session: string, generation: number): boolean {
    return (this.#locals.get(session)?.generation ?? 0) >= generation
  }

  #settled(session: string): void {
    const left = (this.#entering.get(session) ?? 1) - 1
    if (left === 0) this.#entering.delete(session)
    else this.#entering.set(session, left)
  }

  /** A session departs, at once or after its grace. The roster is held until it is out. */
  depart(session: string, generation: number, departure: Departure): void {
    if (this.#outlives(session, generation + 1)) return
    this.#node.presence?.hold(this)
    this.#back(session)
    this.#locals.delete(session)
    const keep = departure === 'left' ? 0 : this.#node.timeouts.session
    if (departure !== 'lost') return this.#leave(session, generation, keep)
    this.#linger(session, generation)
    this.#node.presence?.release(this)
  }

  /** It counts as present for the grace (P-PR-5), and the roster is held until it is out. */
  #linger(session: string, generation: number): void {
    this.#node.presence?.hold(this)
    const grace = this.#node.runtime.timer(this.#rules.grace, () => {
      this.#locals.delete(session)
      this.#leave(session, generation, this.#node.timeouts.session)
    })
    this.#locals.set(session, { generation, grace })
  }

  /** Its grace is over before its time: it came back, or left. */
  #back(session: string): void {
    const grace = this.#locals.get(session)?.grace ?? null
    if (grace === null) return
    grace()
    this.#locals.delete(session)
    this.#node.presence?.release(this)
  }

  /** Whether nobody is here, at any node. */
  get empty(): boolean {
    return this.#directory.size === 0
  }

  /** Looks whether anything has changed that no hint has told of. */
  check(): void {
    if (this.#opened) this.#read()
  }

  /** What the store has answered to something of our own. */
  #confirm({ epoch, revision, members }: PresencePage): void {
    if (this.#known?.epoch === epoch) {
      // What came behind it is known already.
      if (revision <= this.#known.revision) return
      this.#heard = Math.max(this.#heard, revision)
    }
    for (const member of members) this.#put(member)
  }

  #hint(hint: PresenceHint): void {
    // It was under way when this roster stopped listening.
    if (this.#undo.length === 0) return
    if (this.#reading) {
      if (this.#held.length < keptHints) this.#held.push(hint)
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
      else if (!this.#owns(session)) this.#remove(session)
      else this.#missing.push(session)
    }
    this.#restore()
  }

  /** Reads who is here, once for everything that asks for it meanwhile. */
  #read(): void {
    if (this.#reading) {
      this.#again = true
      return
    }
    this.#reading = true
    this.#again = false
    attempt(
      () => this.#node.backplane.presence.members(this.address, this.#known),
      (page) => {
        this.#reading = false
        const old = page !== null && page.epoch === this.#known?.epoch && page.revision < this.#heard
        if (page !== null && !old) this.#take(page)
        this.#restore()
        this.#opened = true
        for (const { ready } of this.#waiting.splice(0)) ready()
        this.#catchUp(old)
      },
      (error) => {
        this.#reading = false
        this.#node.report(error, this.address)
        const waiting = this.#waiting.splice(0)
        if (waiting.length > 0) for (const undo of this.#undo.splice(0)) undo()
        for (const { failed } of waiting) failed(error)
      },
    )
  }

  /** Goes on with what was heard meanwhile. Where everybody comes and goes at once, reading everyone again for that would never end. */
  #catchUp(old: boolean): void {
    const held = this.#held.toSorted((a, b) => a.revision - b.revision)
    this.#held = []
    if (this.#closed) return
    if (old) this.#retry ??= this.#node.runtime.timer(replicaLag, () => this.#readAgain())
    else if (this.#again) this.#read()
    for (const hint of held) this.#hint(hint)
  }

  #readAgain(): void {
    this.#retry = null
    this.#read()
  }

  #take(page: PresencePage): void {
    if (page.epoch !== this.#known?.epoch) this.#heard = page.revision
    this.#known = { epoch: page.epoch, revision: page.revision }
    const here = new Set<string>()
    for (const member of page.members) {
      here.add(member.session)
      this.#put(member)
    }
    for (const { session } of this.#directory.members)
      if (!here.has(session) && !this.#owns(session)) this.#remove(session)
    this.#missing = [...this.#locals.keys()].filter((session) => this.#owns(session) && !here.has(session))
  }

  /** The store has lost sessions that are here: it is told again. What they say of themselves meanwhile waits, so that it is the last word. */
  #restore(): void {
    const lost = this.#missing.filter((session) => !this.#entering.has(session))
    const missing = lost.flatMap((session) => this.#directory.get(session) ?? [])
    this.#missing = []
    if (missing.length === 0) return
    if (this.#restoring !== null) {
      // The next check finds them.
      this.#known = null
      return
    }
    this.#restoring = []
    const done = (): void => {
      const waiting = this.#restoring ?? []
      this.#restoring = null
      for (const enter of waiting) enter()
    }
    attempt(
      () => this.#node.backplane.presence.enter(this.address, missing, leaseOf(this.#node)),
      (page) => {
        this.#confirm(page)
        done()
      },
      (error) => {
        this.#node.report(error, this.address)
        this.#known = null
        done()
      },
    )
  }

  /** Whether this node is the one to say that a session is here. */
  #owns(session: string): boolean {
    const local = this.#locals.get(session)
    const known = this.#directory.get(session)
    return local !== undefined && known !== undefined && known.generation <= local.generation
  }

  #put(member: PresentSession): void {
    const { session } = member
    const known = this.#directory.get(session)
    if (known !== undefined && known.generation > member.generation) return
    const local = this.#locals.get(session)
    if (local !== undefined && local.generation < member.generation) {
      // It went on at another node.
      this.#back(session)
      this.#locals.delete(session)
    }
    const heard = known !== undefined
    if (this.#directory.put(member)) this.bulletin.changed(session, heard)
  }

  #remove(session: string): void {
    if (this.#directory.remove(session)) this.bulletin.changed(session, true)
  }

  /** Until the store has taken it the session counts as present; unless it is here again by then. It has a hold of the roster. */
  #leave(session: string, generation: number, keep: number): void {
    const again = (): void => {
      if (this.#locals.has(session) || this.#entering.has(session)) return this.#node.presence?.release(this)
      attempt(
        () => this.#node.backplane.presence.leave(this.address, session, generation, keep),
        ({ epoch, revision }) => {
          this.#left(session, generation, { epoch, revision })
          this.#node.presence?.release(this)
        },
        (error) => {
          this.#node.report(error, this.address)
          if (!this.#node.closed) this.#node.runtime.timer(retryDelay, again)
        },
      )
    }
    again()
  }

  #left(session: string, generation: number, { epoch, revision }: PresenceRevision): void {
    if (this.#known?.epoch === epoch) {
      // What came behind it is known already.
      if (revision <= this.#known.revision) return
      this.#heard = Math.max(this.#heard, revision)
    }
    const known = this.#directory.get(session)
    if (known !== undefined && known.generation <= generation && !this.#locals.has(session))
      this.#remove(session)
  }
}
