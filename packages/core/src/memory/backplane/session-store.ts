import type {
  EndedSession,
  SessionRecord,
  SessionStore,
  TakeAttempt,
  TakeResult,
} from '../../backplane/backplane.ts'
import { sameDigest } from '../../runtime/hash.ts'
import { KeyedSets } from '../../runtime/keyed-sets.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { EndedSessions } from './ended-sessions.ts'

interface Secret {
  readonly hash: string
  /** The number of the greatest attempt with this secret. */
  attempts: number
}

interface StoredSession {
  readonly id: string
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
  /** The use that the session has made of its connection; `null` while it is connected. */
  ended: EndedSession | null
}

const unknown: TakeResult = { outcome: 'unknown' }
/** The share of all records above which a user's own records make room for its new records. */
const fairShare = 0.1

/**
 * The session store in memory. Above its capacity it forgets records of sessions that have ended: first those
 * of sessions that never wrote a frame, then the others, in the order of their ends. A user with very many
 * records loses its own first. The record of a connected session is never forgotten before it expires.
 */
export class MemorySessionStore implements SessionStore {
  readonly #records = new Map<string, StoredSession>()
  /** The ids of each user's records. */
  readonly #users = new KeyedSets<string>()
  readonly #silent = new EndedSessions()
  readonly #used = new EndedSessions()
  readonly #runtime: Runtime
  readonly #capacity: number

  constructor(runtime: Runtime, capacity: number) {
    this.#runtime = runtime
    this.#capacity = capacity
  }

  get size(): number {
    return this.#records.size
  }

  /** Tells if the record of a session is kept. */
  has(id: string): boolean {
    return this.#records.has(id)
  }

  put({ id, user, secret }: SessionRecord, node: string, ttl: number): void {
    this.#forget(this.#records.get(id))
    const newest = { hash: secret, attempts: 0 }
    const expires = this.#runtime.now() + ttl
    this.#records.set(id, {
      id,
      user,
      node,
      newest,
      older: null,
      generation: 1,
      lastRef: 0,
      expires,
      dropped: false,
      ended: null,
    })
    this.#users.add(user, id)
    if (this.#records.size > this.#capacity) this.#makeRoom(user)
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
    record.expires = now + ttl
    this.#mark(record, null)
    return { outcome: 'taken', generation: record.generation, lastRef: record.lastRef, node }
  }

  confirm(id: string, generation: number): void {
    const record = this.#records.get(id)
    if (record?.generation === generation) record.older = null
  }

  renew(
    { id, user, ended }: Parameters<SessionStore['renew']>[0],
    generation: number,
    lastRef: number,
    ttl: number,
  ): boolean {
    const record = this.#records.get(id)
    if (record?.user !== user) return true
    if (record.dropped) {
      this.#mark(record, ended ?? record.ended)
      return false
    }
    if (record.generation !== generation) return true
    record.lastRef = Math.max(record.lastRef, lastRef)
    record.expires = this.#runtime.now() + ttl
    this.#mark(record, ended ?? null)
    return true
  }

  find(id: string): { readonly user: string; readonly node: string } | null {
    const record = this.#records.get(id)
    if (record === undefined || record.dropped || record.expires <= this.#runtime.now()) return null
    return { user: record.user, node: record.node }
  }

  drop(which: { readonly id: string } | { readonly user: string }): void {
    const ids = 'user' in which ? this.#users.values(which.user) : [which.id]
    for (const id of ids) {
      const record = this.#records.get(id)
      if (record !== undefined) record.dropped = true
    }
  }

  /** Forgets expired records. */
  sweep(now: number): void {
    for (const record of this.#records.values()) if (record.expires <= now) this.#forget(record)
  }

  clear(): void {
    this.#records.clear()
    this.#users.clear()
    this.#silent.clear()
    this.#used.clear()
  }

  #makeRoom(user: string): void {
    const own = this.#users.count(user)
    const mine = own > Math.max(1, this.#capacity * fairShare) ? user : undefined
    const first =
      this.#silent.oldest(mine) ?? this.#used.oldest(mine) ?? this.#silent.oldest() ?? this.#used.oldest()
    if (first !== undefined) this.#forget(this.#records.get(first))
  }

  /** Notes that a session is connected, or has ended now. */
  #mark(record: StoredSession, ended: EndedSession | null): void {
    const { id, user } = record
    if (record.ended !== null) this.#queue(record.ended).remove(user, id)
    record.ended = ended
    if (ended !== null) this.#queue(ended).add(user, id)
  }

  #queue(ended: EndedSession): EndedSessions {
    return ended === 'silent' ? this.#silent : this.#used
  }

  #forget(record: StoredSession | undefined): void {
    if (record === undefined) return
    const { id, user } = record
    this.#mark(record, null)
    this.#records.delete(id)
    this.#users.delete(user, id)
  }

  /** Always compares with both secrets, so that the time does not tell them apart. */
  #match(record: StoredSession, hash: string): Secret | null {
    const newest = sameDigest(record.newest.hash, hash)
    const older = record.older !== null && sameDigest(record.older.hash, hash)
    if (newest) return record.newest
    return older ? record.older : null
  }
}
