import type { Runtime, Undo } from '../../runtime/runtime.ts'

/** Options of {@link LocalSessions}. */
export interface LocalSessionsOptions {
  /** Clock and timers. */
  readonly runtime: Runtime
  /** Time for which a session stays present after its connection was lost, in milliseconds. */
  readonly grace: number
  /** Holds the room. */
  readonly hold: () => void
  /** Releases a hold of the room. */
  readonly release: () => void
  /** Called when a grace is over. The room is still held for the session. */
  readonly onGraceOver: (session: string, generation: number) => void
}

interface LocalSession {
  /** The generation of the connection by which the session is present. */
  readonly generation: number
  /** Stops the grace, which runs while the connection is gone (P-PR-5) and holds the room. */
  readonly endGrace: Undo | null
}

/** The sessions of this node that are present in one room, that enter it, or that are in their grace. */
export class LocalSessions {
  readonly #options: LocalSessionsOptions
  readonly #sessions = new Map<string, LocalSession>()
  /** Number of enter operations under way, by session. */
  readonly #entering = new Map<string, number>()

  constructor(options: LocalSessionsOptions) {
    this.#options = options
  }

  /** The ids of the present sessions. */
  get ids(): Iterable<string> {
    return this.#sessions.keys()
  }

  /** Tells whether a session is present or in its grace. */
  has(session: string): boolean {
    return this.#sessions.has(session)
  }

  /** Returns the generation of the connection by which a session is present. */
  generationOf(session: string): number | undefined {
    return this.#sessions.get(session)?.generation
  }

  /** Tells whether a connection of this generation or a later one is present, or in its grace. */
  outlives(session: string, generation: number): boolean {
    return (this.generationOf(session) ?? 0) >= generation
  }

  /** Tells whether a session is about to be present. */
  isEntering(session: string): boolean {
    return this.#entering.has(session)
  }

  /** Counts an enter operation that begins. */
  beginEnter(session: string): void {
    this.#entering.set(session, (this.#entering.get(session) ?? 0) + 1)
  }

  /** Counts an enter operation that was answered. */
  endEnter(session: string): void {
    const left = (this.#entering.get(session) ?? 1) - 1
    if (left === 0) this.#entering.delete(session)
    else this.#entering.set(session, left)
  }

  /** Adds a session, and ends its grace. */
  add(session: string, generation: number): void {
    this.remove(session)
    this.#sessions.set(session, { generation, endGrace: null })
  }

  /** Keeps a session present for the grace (P-PR-5), and holds the room until the session is out. */
  startGrace(session: string, generation: number): void {
    this.remove(session)
    this.#options.hold()
    const endGrace = this.#options.runtime.timer(this.#options.grace, () => {
      this.#sessions.delete(session)
      this.#options.onGraceOver(session, generation)
    })
    this.#sessions.set(session, { generation, endGrace })
  }

  /**
   * Removes a session. Its grace ends before its time, because it came back, left, or went on at another
   * node.
   */
  remove(session: string): void {
    const endGrace = this.#sessions.get(session)?.endGrace ?? null
    this.#sessions.delete(session)
    if (endGrace === null) return
    endGrace()
    this.#options.release()
  }

  /** Removes all sessions, and stops all graces. */
  clear(): void {
    for (const { endGrace } of this.#sessions.values()) endGrace?.()
    this.#sessions.clear()
  }
}
