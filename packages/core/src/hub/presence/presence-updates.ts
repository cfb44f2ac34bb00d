import { encodePresence } from '../../protocol/encode.ts'
import { countInterval } from '../../protocol/limits.ts'
import type { Runtime, Undo } from '../../runtime/runtime.ts'
import { Frame } from '../../transport/batch.ts'
import type { Reader } from '../delivery/reader.ts'
import type { MemberList } from './member-list.ts'

/** Options of {@link PresenceUpdates}. */
export interface PresenceUpdatesOptions {
  /** The address of the room. */
  readonly address: string
  /** Clock and timers. */
  readonly runtime: Runtime
  /** The members. */
  readonly members: MemberList
  /** Members above which the room is only counted. */
  readonly max: number
  /** Returns the readers of the room on this node. */
  readonly readers: () => Iterable<Reader>
}

/**
 * Tells the readers of one room which members have come, gone or changed. The changes of one turn are one
 * version. A version is only left out to make every client ask for the members (P-PR-2).
 */
export class PresenceUpdates {
  readonly #options: PresenceUpdatesOptions
  readonly #members: MemberList
  #version = 0
  /** Sessions that have changed since the last frame; `true` for a session that was a member then. */
  readonly #changed = new Map<string, boolean>()
  #scheduled = false
  #crowded = false
  #counted = Number.NEGATIVE_INFINITY
  #counting: Undo | null = null
  /**
   * Readers that were not sent a version. They need one more frame, to see that a version is missing
   * (P-LV-4).
   */
  readonly #behind = new Set<Reader>()
  #remind = false
  #closed = false

  constructor(options: PresenceUpdatesOptions) {
    this.#options = options
    this.#members = options.members
  }

  /** Called when a member has come, gone or changed; `known` tells whether the readers know its session. */
  noteChange(session: string, known: boolean): void {
    if (!this.#changed.has(session)) this.#changed.set(session, known)
    this.#flushLater()
  }

  /**
   * Returns a page of members as the answer to a client. All of them are part of the version that it names
   * (P-PR-1).
   */
  page(after: string | undefined, limit: number): string {
    this.flush()
    const { members, more } = this.#members.page(after, limit)
    return `{"version":${this.#version},"count":${this.#members.size},"members":[${members.join(',')}],"more":${more}}`
  }

  /** Called when a reader keeps up again. */
  caughtUp(reader: Reader): void {
    if (!this.#behind.delete(reader)) return
    this.#remind = true
    this.#flushLater()
  }

  /** Called when a reader has ended. */
  forgetReader(reader: Reader): void {
    this.#behind.delete(reader)
  }

  /** Tells the readers now. */
  flush(): void {
    this.#scheduled = false
    if (this.#members.size > this.#options.max) return this.#count()
    if (this.#crowded) {
      if (!this.#countDue()) return
      // No client knows the members of a room that was only counted. A version is left out, so that all
      // clients ask.
      this.#crowded = false
      this.#version++
      this.#remind = true
      this.#changed.clear()
    }
    const { joins, leaves } = this.#takeChanges()
    if (!this.#remind && joins.length + leaves.length === 0) return
    this.#remind = false
    const { address } = this.#options
    for (const frame of encodePresence(address, this.#version, { joins, leaves })) this.#push(frame)
  }

  /** Stops the timers. */
  close(): void {
    this.#closed = true
    this.#counting?.()
  }

  #takeChanges(): { joins: string[]; leaves: string[] } {
    const joins: string[] = []
    const leaves: string[] = []
    for (const [session, known] of this.#changed) {
      const json = this.#members.json(session)
      if (json !== undefined) joins.push(json)
      else if (known) leaves.push(session)
    }
    this.#changed.clear()
    return { joins, leaves }
  }

  /** Tells the number of members only, above the maximum (P-PR-4). */
  #count(): void {
    this.#crowded = true
    if ((this.#changed.size === 0 && !this.#remind) || !this.#countDue()) return
    this.#changed.clear()
    this.#remind = false
    const { address } = this.#options
    const count = this.#members.size
    for (const frame of encodePresence(address, this.#version, { joins: [], leaves: [], count }))
      this.#push(frame)
  }

  /** Tells whether a count may be sent now; if not, flushes when it may. */
  #countDue(): boolean {
    const { runtime } = this.#options
    const wait = this.#counted + countInterval - runtime.now()
    if (wait <= 0) {
      this.#counted = runtime.now()
      return true
    }
    this.#counting ??= runtime.timer(wait, () => {
      this.#counting = null
      this.flush()
    })
    return false
  }

  #push(json: string): void {
    this.#version++
    const frame = new Frame(json)
    for (const reader of this.#options.readers())
      if (reader.outbox.full) this.#behind.add(reader)
      else reader.outbox.push(frame)
  }

  #flushLater(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#options.runtime.defer(() => {
      if (this.#scheduled && !this.#closed) this.flush()
    })
  }
}
