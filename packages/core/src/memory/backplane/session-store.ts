import type { SessionRecord, SessionStore, TakeAttempt, TakeResult } from '../../backplane/backplane.ts'
import { sameDigest } from '../../runtime/hash.ts'
import type { Runtime } from '../../runtime/runtime.ts'

interface Secret {
  readonly hash: string
  /** The number of the greatest attempt with this secret. */
  attempts: number
}

interface StoredSession {
  readonly user: string
  node: string
  newest: Secret
  /** The secret that was exchanged for the newest, valid until the newest has proven to have arrived. */
  older: Secret | null
  generation: number
  lastRef: number
  expires: number
  /** The record cannot be taken any more. It is kept so that a renewal learns of the drop. */
  dropped: boolean
}

const unknown: TakeResult = { outcome: 'unknown' }
/** The share of all records above which a user's own records make room for its new records. */
const fairShare = 0.1

/**
 * The session store in memory. Bounded: above its capacity it forgets the oldest records, so abandoned
 * sessions cost no more. A user with very many sessions loses its own records first.
 */
export class MemorySessionStore implements SessionStore {
  /** The records in the order in which they expire. */
  readonly #records = new Map<string, StoredSession>()
  /** The ids of each user, in the same order. */
  readonly #users = new Map<string, Set<string>>()
  readonly #runtime: Runtime
  readonly #capacity: number

  constructor(runtime: Runtime, capacity: number) {
    this.#runtime = runtime
    this.#capacity = capacity
  }

  get size(): number {
    return this.#records.size
  }

  put(record: SessionRecord, node: string, ttl: number): void {
    const newest = { hash: record.secret, attempts: 0 }
    const expires = this.#runtime.now() + ttl
    this.#forget(record.id)
    this.#keep(record.id, {
      user: record.user,
      node,
      newest,
      older: null,
      generation: 1,
      lastRef: 0,
      expires,
      dropped: false,
    })
    if (this.#records.size <= this.#capacity) return
    const own = this.#users.get(record.user)
    const most = Math.max(1, this.#capacity * fairShare)
    const [oldest] = own !== undefined && own.size > most ? own : this.#records.keys()
    if (oldest !== undefined) this.#forget(oldest)
  }

  take(id: string, attempt: TakeAttempt, ttl: number): TakeResult {
    const record = this.#records.get(id)
    const now = this.#runtime.now()
    if (record === undefined || record.expires <= now || record.user !== attempt.user) return unknown
    if (record.dropped) return unknown
    const used = this.#match(record, attempt.secret)
    if (used === null) return unknown
    if (attempt.n <= used.attempts) return { outcome: 'stale' }
    used.attempts = attempt.n
    // A session whose last taking was not confirmed may still be at the node before.
    const node = record.older === null ? record.node : null
    record.node = attempt.node
    record.older = used
    record.newest = { hash: attempt.next, attempts: 0 }
    record.generation++
    this.#extend(id, record, now + ttl)
    return { outcome: 'taken', generation: record.generation, lastRef: record.lastRef, node }
  }

  confirm(id: string, generation: number): void {
    const record = this.#records.get(id)
    if (record?.generation === generation) record.older = null
  }

  renew(
    { id, user }: { readonly id: string; readonly user: string },
    generation: number,
    lastRef: number,
    ttl: number,
  ): boolean {
    const record = this.#records.get(id)
    if (record?.user !== user) return true
    if (record.dropped) return false
    if (record.generation !== generation) return true
    record.lastRef = Math.max(record.lastRef, lastRef)
    this.#extend(id, record, this.#runtime.now() + ttl)
    return true
  }

  find(id: string): { readonly user: string; readonly node: string } | null {
    const record = this.#records.get(id)
    if (record === undefined || record.dropped || record.expires <= this.#runtime.now()) return null
    return { user: record.user, node: record.node }
  }

  drop(which: { readonly id: string } | { readonly user: string }): void {
    const ids = 'user' in which ? (this.#users.get(which.user) ?? []) : [which.id]
    for (const id of ids) {
      const record = this.#records.get(id)
      if (record !== undefined) record.dropped = true
    }
  }

  /** Forgets expired records. */
  sweep(now: number): void {
    for (const [id, record] of this.#records) if (record.expires <= now) this.#forget(id)
  }

  clear(): void {
    this.#records.clear()
    this.#users.clear()
  }

  #extend(id: string, record: StoredSession, expires: number): void {
    record.expires = expires
    this.#forget(id)
    this.#keep(id, record)
  }

  #keep(id: string, record: StoredSession): void {
    this.#records.set(id, record)
    const own = this.#users.get(record.user)
    if (own === undefined) this.#users.set(record.user, new Set([id]))
    else own.add(id)
  }

  #forget(id: string): void {
    const user = this.#records.get(id)?.user
    if (user === undefined) return
    this.#records.delete(id)
    const own = this.#users.get(user)
    own?.delete(id)
    if (own?.size === 0) this.#users.delete(user)
  }

  /** Always compares with both secrets, so that the time does not tell them apart. */
  #match(record: StoredSession, hash: string): Secret | null {
    const newest = sameDigest(record.newest.hash, hash)
    const older = record.older !== null && sameDigest(record.older.hash, hash)
    if (newest) return record.newest
    return older ? record.older : null
  }
}
