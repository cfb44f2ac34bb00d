import type { SessionRecord, SessionStore, Taken } from '../backplane/backplane.ts'
import { sameDigest } from '../runtime/hash.ts'
import type { Runtime } from '../runtime/runtime.ts'

interface Secret {
  readonly hash: string
  /** The greatest attempt that was made with it. */
  attempts: number
}

interface Stored {
  readonly user: string
  newest: Secret
  /** The secret that the newest was exchanged for, until the newest has proven to have arrived. */
  older: Secret | null
  generation: number
  lastRef: number
  expires: number
  /** Nobody can take it any more; it is kept so that a renewal is told. */
  dropped: boolean
}

const unknown: Taken = { outcome: 'unknown' }

/**
 * Session records in memory. Bounded: above its capacity it forgets the oldest, so that sessions abandoned by the ten thousand
 * cost no more than that.
 *
 * @internal
 */
export class MemorySessionStore implements SessionStore {
  /** In the order in which they expire. */
  readonly #records = new Map<string, Stored>()
  readonly #runtime: Runtime
  readonly #capacity: number

  constructor(runtime: Runtime, capacity: number) {
    this.#runtime = runtime
    this.#capacity = capacity
  }

  get size(): number {
    return this.#records.size
  }

  put(record: SessionRecord, ttl: number): void {
    const newest = { hash: record.secret, attempts: 0 }
    const expires = this.#runtime.now() + ttl
    this.#records.set(record.id, {
      user: record.user,
      newest,
      older: null,
      generation: 1,
      lastRef: 0,
      expires,
      dropped: false,
    })
    if (this.#records.size <= this.#capacity) return
    const [oldest] = this.#records.keys()
    if (oldest !== undefined) this.#records.delete(oldest)
  }

  take(id: string, attempt: { user: string; secret: string; n: number; next: string }, ttl: number): Taken {
    const record = this.#records.get(id)
    const now = this.#runtime.now()
    if (record === undefined || record.expires <= now || record.user !== attempt.user) return unknown
    if (record.dropped) return unknown
    const used = this.#match(record, attempt.secret)
    if (used === null) return unknown
    if (attempt.n <= used.attempts) return { outcome: 'stale' }
    used.attempts = attempt.n
    record.older = used
    record.newest = { hash: attempt.next, attempts: 0 }
    record.generation++
    this.#extend(id, record, now + ttl)
    return { outcome: 'taken', generation: record.generation, lastRef: record.lastRef }
  }

  confirm(id: string, generation: number): void {
    const record = this.#records.get(id)
    if (record?.generation === generation) record.older = null
  }

  renew(id: string, generation: number, lastRef: number, ttl: number): boolean {
    const record = this.#records.get(id)
    if (record?.dropped) return false
    if (record?.generation !== generation) return true
    record.lastRef = Math.max(record.lastRef, lastRef)
    this.#extend(id, record, this.#runtime.now() + ttl)
    return true
  }

  /** Looks at every record for a user's: that is rare, and cheaper than keeping them by user. */
  drop(which: { readonly id: string } | { readonly user: string }): void {
    if ('user' in which) {
      for (const record of this.#records.values()) if (record.user === which.user) record.dropped = true
    } else {
      const record = this.#records.get(which.id)
      if (record !== undefined) record.dropped = true
    }
  }

  /** Forgets what has expired. */
  sweep(now: number): void {
    for (const [id, record] of this.#records) if (record.expires <= now) this.#records.delete(id)
  }

  clear(): void {
    this.#records.clear()
  }

  #extend(id: string, record: Stored, expires: number): void {
    record.expires = expires
    this.#records.delete(id)
    this.#records.set(id, record)
  }

  /** Compares with both, always, so that the time tells nothing. */
  #match(record: Stored, hash: string): Secret | null {
    const newest = sameDigest(record.newest.hash, hash)
    const older = record.older !== null && sameDigest(record.older.hash, hash)
    if (newest) return record.newest
    return older ? record.older : null
  }
}
