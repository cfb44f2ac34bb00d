import { encodePresence } from '../../protocol/encode.ts'
import { countInterval } from '../../protocol/limits.ts'
import type { Undo } from '../../runtime/runtime.ts'
import { Frame } from '../../transport/batch.ts'
import type { HubContext } from '../context.ts'
import type { Reader } from '../delivery/reader.ts'
import type { MemberList } from './member-list.ts'

/**
 * What the readers of one room are told of who is in it: what has changed in one turn is one version, and no version is left out unless everyone is to ask
 * (P-PR-2).
 *
 * @internal
 */
export class PresenceUpdates {
  readonly #address: string
  readonly #node: HubContext
  /** Members above which they are only counted. */
  readonly #max: number
  readonly #directory: MemberList
  #version = 0
  /** Who has changed since the last frame, and whether the readers have heard of them. */
  readonly #changed = new Map<string, boolean>()
  #scheduled = false
  #crowd = false
  #counted = Number.NEGATIVE_INFINITY
  #counting: Undo | null = null
  /** Readers that were not told of a version: they need one more, to see that one is missing (P-LV-4). */
  readonly #untold = new Set<Reader>()
  #remind = false
  #closed = false

  constructor(
    address: string,
    node: HubContext,
    { max, directory }: { readonly max: number; readonly directory: MemberList },
  ) {
    this.#address = address
    this.#node = node
    this.#max = max
    this.#directory = directory
  }

  /** Something is different in the directory; `heard` when the readers know of the session. */
  changed(session: string, heard: boolean): void {
    if (!this.#changed.has(session)) this.#changed.set(session, heard)
    this.#later()
  }

  /** Who is here, a page of it after a session; everything in it is part of its version (P-PR-1). */
  page(after: string | undefined, limit: number): string {
    this.flush()
    const { members, more } = this.#directory.page(after, limit)
    return `{"version":${this.#version},"count":${this.#directory.size},"members":[${members.join(',')}],"more":${more}}`
  }

  /** A reader that was not told of everything keeps up again. */
  caughtUp(reader: Reader): void {
    if (!this.#untold.delete(reader)) return
    this.#remind = true
    this.#later()
  }

  /** A reader is gone. */
  forget(reader: Reader): void {
    this.#untold.delete(reader)
  }

  /** Tells the readers what has changed, now. */
  flush(): void {
    this.#scheduled = false
    if (this.#directory.size > this.#max) return this.#count()
    if (this.#crowd) {
      if (!this.#due()) return
      // Nobody can know who is here: a version is left out, so that everyone asks.
      this.#crowd = false
      this.#version++
      this.#remind = true
      this.#changed.clear()
    }
    const joins: string[] = []
    const leaves: string[] = []
    for (const [session, heard] of this.#changed) {
      const json = this.#directory.json(session)
      if (json !== undefined) joins.push(json)
      else if (heard) leaves.push(session)
    }
    this.#changed.clear()
    if (!this.#remind && joins.length + leaves.length === 0) return
    this.#remind = false
    for (const frame of encodePresence(this.#address, this.#version, { joins, leaves })) this.#push(frame)
  }

  close(): void {
    this.#closed = true
    this.#counting?.()
  }

  /** Above its greatest size a room is only counted (P-PR-4). */
  #count(): void {
    this.#crowd = true
    if ((this.#changed.size === 0 && !this.#remind) || !this.#due()) return
    this.#changed.clear()
    this.#remind = false
    const count = this.#directory.size
    for (const frame of encodePresence(this.#address, this.#version, { joins: [], leaves: [], count }))
      this.#push(frame)
  }

  #due(): boolean {
    const { runtime } = this.#node
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
    for (const reader of this.#node.router.feeds.get(this.#address)?.readers.values() ?? [])
      if (reader.outbox.full) this.#untold.add(reader)
      else reader.outbox.push(frame)
  }

  #later(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#node.runtime.defer(() => {
      if (this.#scheduled && !this.#closed) this.flush()
    })
  }
}
