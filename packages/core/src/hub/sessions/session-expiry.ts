import { attempt } from '../../runtime/maybe-promise.ts'
import type { Undo } from '../../runtime/runtime.ts'
import type { HubContext } from '../context.ts'
import type { WatchedSession } from '../nodes/node-messages.ts'

interface Entry extends WatchedSession {
  /** The time at which the record is looked for. */
  readonly due: number
}

/** Sessions that are watched. Above it, the oldest are forgotten, and their end is not told. */
const maxWatched = 100_000
/** Delay after the end of a record, for the time that its last renewal was on its way. */
const margin = 1_000
/** Delay until a record that was still there, or could not be looked for, is looked for again. */
const retryDelay = 1_000
/** Records that are looked for at the same time. */
const maxChecks = 64

/**
 * Emits `$expire` for sessions that can no longer be resumed. The node that held a session last looks for its
 * record when it must have ended. A session that another node has resumed is left to that node.
 *
 * One timer serves all sessions. While no listener waits for `$expire`, no session is watched.
 */
export class SessionExpiry {
  readonly #context: HubContext
  /** Sessions in the order in which they are due: each waits for the same time. */
  readonly #waiting = new Map<string, Entry>()
  /** Sessions that are looked for again, or at once, in the order in which they are due. */
  readonly #hurried = new Map<string, Entry>()
  /** Sessions whose records are looked for at the moment. */
  readonly #checking = new Map<string, Entry>()
  #timer: Undo | null = null
  #running = false

  constructor(context: HubContext) {
    this.#context = context
  }

  /** Number of sessions that are watched. */
  get size(): number {
    return this.#waiting.size + this.#hurried.size + this.#checking.size
  }

  /** Watches a session, whose record was written a moment ago. */
  watch(watched: WatchedSession): void {
    if (this.#context.listeners.listeners('$expire').length === 0) return
    const { runtime, timeouts } = this.#context
    this.#remove(watched.session)
    this.#waiting.set(watched.session, { ...watched, due: runtime.now() + timeouts.session + margin })
    if (this.size > maxWatched) this.#dropOldest()
    this.#schedule()
  }

  /** Watches a session no more: it was resumed, by a connection of this generation. */
  forget(session: string, generation: number): void {
    const entry =
      this.#waiting.get(session) ?? this.#hurried.get(session) ?? this.#checking.get(session) ?? null
    if (entry === null || entry.generation > generation) return
    this.#remove(session)
    this.#schedule()
  }

  /** Looks at once for the records of a user (`@alice`) or a session (`~id`), which were dropped. */
  hurry(who: string): void {
    const name = who.slice(1)
    const isMeant = ({ session, user }: Entry): boolean => (who.startsWith('@') ? user : session) === name
    for (const entry of [...this.#waiting.values()].filter(isMeant)) {
      this.#remove(entry.session)
      this.#hurried.set(entry.session, { ...entry, due: this.#context.runtime.now() })
    }
    this.#schedule()
  }

  /** Stops, and returns the sessions that were watched. */
  close(): readonly WatchedSession[] {
    const watched = [this.#checking, this.#hurried, this.#waiting].flatMap((entries) => [...entries.values()])
    for (const entries of [this.#checking, this.#hurried, this.#waiting]) entries.clear()
    this.#schedule()
    return watched
  }

  #remove(session: string): void {
    this.#waiting.delete(session)
    this.#hurried.delete(session)
    this.#checking.delete(session)
  }

  #dropOldest(): void {
    const [oldest] = this.#waiting.keys()
    if (oldest !== undefined) this.#waiting.delete(oldest)
  }

  /** Returns the session that is due first. */
  #first(): Entry | undefined {
    const [waiting] = this.#waiting.values()
    const [hurried] = this.#hurried.values()
    if (waiting === undefined || hurried === undefined) return waiting ?? hurried
    return hurried.due <= waiting.due ? hurried : waiting
  }

  #schedule(): void {
    if (this.#running) return
    this.#timer?.()
    this.#timer = null
    const first = this.#first()
    if (first === undefined || this.#checking.size >= maxChecks) return
    const { runtime } = this.#context
    const delay = Math.max(0, first.due - runtime.now())
    this.#timer = runtime.timer(delay, () => this.#run(), 'upkeep')
  }

  #run(): void {
    this.#running = true
    const now = this.#context.runtime.now()
    let first = this.#first()
    while (first !== undefined && first.due <= now && this.#checking.size < maxChecks) {
      this.#check(first)
      first = this.#first()
    }
    this.#running = false
    this.#schedule()
  }

  #check(entry: Entry): void {
    const { session } = entry
    this.#remove(session)
    this.#checking.set(session, entry)
    attempt(
      () => this.#context.backplane.sessions.find(session),
      (record) => this.#checked(entry, record),
      (error) => {
        this.#context.reportError({ error, source: 'backplane', session })
        this.#checked(entry, { node: entry.node })
      },
    )
  }

  #checked(entry: Entry, record: { readonly node: string | null } | null): void {
    const { session, user } = entry
    // It was resumed at this node meanwhile, or the hub was closed.
    if (this.#checking.get(session) !== entry) return
    this.#checking.delete(session)
    if (record === null)
      this.#context.listeners.emit('$expire', { session: { id: session, user: { id: user } } })
    else if (record.node === entry.node)
      this.#hurried.set(session, { ...entry, due: this.#context.runtime.now() + retryDelay })
    this.#schedule()
  }
}
