import type { AppendKey, AppendResult } from '../../backplane/backplane.ts'
import { Log } from '../../log/log.ts'
import { heapBytes } from '../../vocabulary/text.ts'

/** The answer to an append that has stored its message. */
export type StoredAnswer = Extract<AppendResult, { outcome: 'stored' | 'duplicate' }>

/** The answer to a ref. It is one object, because the store keeps very many of them. */
interface Known {
  /** The ref, by which a `Log` finds it. */
  readonly at: number
  readonly hash: string
  readonly epoch: string
  readonly offset: number
  readonly id: string
  readonly time: number
  readonly by: string
}

/** The answers to the last refs of one session in one log. */
interface Ring {
  readonly user: string
  readonly session: string
  readonly stream: string
  known: Log<Known>
  /** The greatest ref with an answer; 0 for none. */
  greatest: number
  /** The time at which the newest answer was stored. */
  stored: number
  /** Bytes of the ring in memory, with its answers. */
  bytes: number
}

/** The rings of one session, by log. */
interface SessionRings {
  readonly rings: Map<string, Ring>
  /** The ring that was used last: most often the next message goes to the same log. */
  last: Ring | null
  /** The user of the rings that were forgotten. */
  user: string
  /** The greatest ref in the rings that were forgotten; 0 for none. */
  passed: number
  /** The time at which the newest answer in the rings that were forgotten was stored; 0 for none. */
  stored: number
  /** Bytes besides those of the rings; 0 when only the record of the session keeps them. */
  bytes: number
}

const conflict: AppendResult = { outcome: 'conflict' }
const early: AppendResult = { outcome: 'early' }
/**
 * Bytes that the rings of a session take together and each by itself, besides the names, and an answer besides
 * its id and hash.
 */
const sessionBytes = 250
const ringBytes = 500
const answerBytes = 200

/**
 * Recognises repetitions (P-PB-2): keeps the answers to the last refs of each session and log, until a window
 * has passed since the newest of them was stored. Of a session that can still be resumed, the greatest ref in
 * the forgotten rings is kept: refs grow within a session, so a ref up to it is no new message. The client may
 * repeat it after the window, because its clock can stand still while the device sleeps.
 */
export class Dedupe {
  /** The rings by session, and then by log: both names are at hand, so that no name is made for a message. */
  readonly #sessions = new Map<string, SessionRings>()
  readonly #window: number
  /** The ring that was used last: an append looks its key up, and then keeps the answer to it. */
  #last: Ring | null = null
  #size = 0
  #bytes = 0

  constructor(window: number) {
    this.#window = window
  }

  /** Number of rings. */
  get size(): number {
    return this.#size
  }

  /** Bytes of all rings in memory. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * Returns the answer to a known key, `conflict` for a key that is used or too old, `early` for a key whose
   * previous ref is not known, or `null` for a new key.
   */
  find(stream: string, key: AppendKey): AppendResult | null {
    const ring = this.#ring(stream, key)
    const { ref, previousRef = 0 } = key
    const greatest = ring === undefined ? this.#passed(key) : ring.greatest
    if (ref > greatest) return previousRef > greatest ? early : null
    const known = ring?.known.at(ref)
    return known !== undefined && known.hash === key.hash ? answerOf(known) : conflict
  }

  /** Keeps the answer to a new key, as the log has given it. */
  remember(stream: string, key: AppendKey, answer: StoredAnswer, now: number): void {
    const { epoch, at: offset, id, time, by } = answer
    const ring = this.#ring(stream, key) ?? this.#addRing(stream, key)
    ring.known.push({ at: key.ref, hash: key.hash, epoch, offset, id, time, by })
    ring.greatest = key.ref
    ring.stored = now
    this.#count(ring, bytesOf(key.hash, id))
    if (ring.known.size <= key.window) return
    const oldest = ring.known.shift()
    if (oldest !== undefined) this.#count(ring, -bytesOf(oldest.hash, oldest.id))
  }

  /**
   * Forgets the rings whose answers were all stored before the window.
   *
   * @param hasRecord - Tells if the record of a session is kept, so that its client may come back.
   */
  sweep(now: number, hasRecord: (session: string) => boolean): void {
    for (const [session, known] of this.#sessions) {
      this.#forgetRings(known, now - this.#window)
      // A ref of forgotten rings stays known for the window, also when the rings were forgotten before.
      if (known.rings.size > 0 || now - known.stored <= this.#window) continue
      this.#countSession(known, 0)
      if (!hasRecord(session)) this.#sessions.delete(session)
    }
  }

  /**
   * Forgets the rings whose answers were all stored before a time, to make room for others. A repetition of
   * their refs is then a `conflict`, and is never stored again.
   */
  makeRoom(before: number): void {
    for (const known of this.#sessions.values()) this.#forgetRings(known, before)
  }

  /** Forgets the answers beyond an offset of a log, as if they had never been given. */
  rollback(stream: string, top: number): void {
    for (const { rings } of this.#sessions.values()) {
      const ring = rings.get(stream)
      if (ring === undefined) continue
      const all = ring.known.after(0, ring.known.size)
      ring.known = new Log()
      for (const known of all)
        if (known.offset <= top) ring.known.push(known)
        else this.#count(ring, -bytesOf(known.hash, known.id))
      ring.greatest = ring.known.last?.at ?? 0
    }
  }

  clear(): void {
    this.#sessions.clear()
    this.#last = null
    this.#size = 0
    this.#bytes = 0
  }

  /** A session belongs to one user. A key with the session of another user names no ring. */
  #ring(stream: string, { user, session }: AppendKey): Ring | undefined {
    const last = this.#last
    const ring =
      last?.session === session && last.stream === stream
        ? last
        : this.#ringOfSession(stream, this.#sessions.get(session))
    if (ring?.user !== user) return undefined
    this.#last = ring
    return ring
  }

  #ringOfSession(stream: string, known: SessionRings | undefined): Ring | undefined {
    if (known === undefined) return undefined
    if (known.last?.stream === stream) return known.last
    const ring = known.rings.get(stream)
    known.last = ring ?? null
    return ring
  }

  #passed({ user, session }: AppendKey): number {
    const known = this.#sessions.get(session)
    return known?.user === user ? known.passed : 0
  }

  #addRing(stream: string, { user, session }: AppendKey): Ring {
    const known = this.#sessions.get(session) ?? this.#addSession(session, user)
    this.#countSession(known, sessionBytes + heapBytes(session))
    const { rings } = known
    const replaced = rings.get(stream)
    if (replaced === undefined) this.#size++
    else this.#bytes -= replaced.bytes
    const ring = { user, session, stream, known: new Log<Known>(), greatest: 0, stored: 0, bytes: 0 }
    rings.set(stream, ring)
    known.last = ring
    this.#last = null
    this.#count(ring, ringBytes + heapBytes(session) + heapBytes(stream))
    return ring
  }

  #addSession(session: string, user: string): SessionRings {
    const known: SessionRings = { rings: new Map(), last: null, user, passed: 0, stored: 0, bytes: 0 }
    this.#sessions.set(session, known)
    return known
  }

  #countSession(known: SessionRings, bytes: number): void {
    this.#bytes += bytes - known.bytes
    known.bytes = bytes
  }

  /** Forgets the rings of a session whose answers were all stored before a time. */
  #forgetRings(known: SessionRings, before: number): void {
    for (const [stream, ring] of known.rings) {
      if (ring.stored >= before) continue
      known.passed = Math.max(known.passed, ring.greatest)
      known.stored = Math.max(known.stored, ring.stored)
      known.user = ring.user
      known.rings.delete(stream)
      known.last = null
      this.#last = null
      this.#size--
      this.#bytes -= ring.bytes
    }
  }

  #count(ring: Ring, bytes: number): void {
    ring.bytes += bytes
    this.#bytes += bytes
  }
}

const answerOf = ({ epoch, offset, id, time, by }: Known): StoredAnswer => ({
  outcome: 'duplicate',
  epoch,
  at: offset,
  id,
  time,
  by,
})

const bytesOf = (hash: string, id: string): number => answerBytes + hash.length + id.length
