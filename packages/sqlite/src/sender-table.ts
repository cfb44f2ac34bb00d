import type { AppendKey, AppendResult } from '@chat/core/backplane'
import type { SqliteDatabase, SqliteStatement } from './database.ts'
import { decodeName, encodeName } from './stored-name.ts'

/** A session in a log, and the refs that are known of it. */
interface Sender {
  readonly id: number
  /** The greatest ref; 0 when no ref is known. */
  greatest: number
  /** The number of refs. */
  size: number
  /** The time at which the newest ref was stored. */
  stored: number
}

interface SweptRow {
  readonly id: number
  readonly user: string
  readonly session: string
  readonly stored: number | null
}

interface RefRow {
  readonly hash: string
  readonly epoch: string
  readonly at: number
  readonly time: number
  readonly id: string
  readonly node: string
}

/** The outcome of an append that was stored. */
export type Stored = Extract<AppendResult, { readonly outcome: 'stored' | 'duplicate' }>

const conflict: AppendResult = { outcome: 'conflict' }
/** Number of senders that are kept in memory. */
const cachedSenders = 10_000
/** Number of senders that a sweep looks at in one transaction. */
const sweptSenders = 200
const leastRing = 64

/**
 * Recognises repetitions (P-PB-2): keeps the last refs of each session and log with their answers, until the
 * window after the newest is over. The record of the session then keeps the greatest of the forgotten refs, as
 * its `passed_ref`: refs grow within a session, so a ref up to it is no new message.
 */
export class SenderTable {
  readonly #window: number
  /** The senders that were looked for; `null` for an unknown sender. */
  readonly #cache = new Map<string, Sender | null>()
  readonly #select: SqliteStatement
  readonly #insert: SqliteStatement
  readonly #measure: SqliteStatement
  readonly #selectRef: SqliteStatement
  readonly #insertRef: SqliteStatement
  readonly #selectOldest: SqliteStatement
  readonly #deleteBelow: SqliteStatement
  readonly #deleteRefs: SqliteStatement
  readonly #delete: SqliteStatement
  readonly #selectOfLog: SqliteStatement
  readonly #deleteRefsOfLog: SqliteStatement
  readonly #deleteOfLog: SqliteStatement
  readonly #selectSwept: SqliteStatement
  readonly #selectPassed: SqliteStatement
  readonly #pass: SqliteStatement
  #sweptTo = 0

  /** @param window - Duration for which a key is known after its message was stored, in milliseconds. */
  constructor(database: SqliteDatabase, window: number) {
    const prepare = (sql: string): SqliteStatement => database.prepare(sql)
    this.#window = window
    this.#select = prepare('SELECT id FROM senders WHERE log = ? AND user = ? AND session = ?')
    this.#insert = prepare('INSERT INTO senders (log, user, session) VALUES (?, ?, ?) RETURNING id')
    this.#measure = prepare(
      'SELECT max(ref) AS greatest, count(*) AS size, max(stored) AS stored FROM refs WHERE sender = ?',
    )
    this.#selectRef = prepare('SELECT hash, epoch, at, time, id, node FROM refs WHERE sender = ? AND ref = ?')
    this.#insertRef = prepare(
      'INSERT INTO refs (sender, ref, stored, hash, epoch, at, time, id, node) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    )
    this.#selectOldest = prepare('SELECT ref FROM refs WHERE sender = ? ORDER BY ref DESC LIMIT 1 OFFSET ?')
    this.#deleteBelow = prepare('DELETE FROM refs WHERE sender = ? AND ref < ?')
    this.#deleteRefs = prepare('DELETE FROM refs WHERE sender = ?')
    this.#delete = prepare('DELETE FROM senders WHERE id = ?')
    this.#selectOfLog = prepare('SELECT id FROM senders WHERE log = ? LIMIT 1')
    this.#deleteRefsOfLog = prepare('DELETE FROM refs WHERE sender IN (SELECT id FROM senders WHERE log = ?)')
    this.#deleteOfLog = prepare('DELETE FROM senders WHERE log = ?')
    this.#selectSwept = prepare(
      `SELECT id, user, session, (SELECT stored FROM refs WHERE sender = senders.id ORDER BY ref DESC LIMIT 1) AS stored
      FROM senders WHERE id > ? ORDER BY id LIMIT ${sweptSenders}`,
    )
    this.#selectPassed = prepare('SELECT passed_ref FROM sessions WHERE id = ? AND user = ? AND expires > ?')
    this.#pass = prepare(
      `UPDATE sessions SET passed_ref = max(passed_ref, (SELECT coalesce(max(ref), 0) FROM refs WHERE sender = ?))
      WHERE id = ? AND user = ?`,
    )
  }

  /**
   * Returns the answer to a known key, `conflict` for a key that is used or too old, or `null` for a new key.
   */
  find(log: number | null, key: AppendKey, now: number): AppendResult | null {
    const sender = log === null ? null : this.#sender(log, key, now)
    if (sender === null) return key.ref <= this.#passed(key, now) ? conflict : null
    if (key.ref > sender.greatest) return null
    const row = this.#selectRef.get(sender.id, key.ref) as RefRow | null | undefined
    if (row === undefined || row === null || row.hash !== encodeName(key.hash)) return conflict
    const { epoch, at, time } = row
    return { outcome: 'duplicate', epoch, at, id: decodeName(row.id), time, by: decodeName(row.node) }
  }

  /** Tells if the ref before a pipelined one is known, or has been passed. */
  hasReached(log: number | null, key: AppendKey, ref: number, now: number): boolean {
    const sender = log === null ? null : this.#sender(log, key, now)
    return (sender === null ? this.#passed(key, now) : sender.greatest) >= ref
  }

  /** Keeps the answer to a new key. */
  remember(log: number, key: AppendKey, answer: Stored, now: number): void {
    const sender = this.#sender(log, key, now) ?? this.#add(log, key, now)
    const { epoch, at, time, id, by } = answer
    const names = [encodeName(id), encodeName(by)] as const
    this.#insertRef.run(sender.id, key.ref, now, encodeName(key.hash), epoch, at, time, ...names)
    sender.greatest = key.ref
    sender.stored = now
    sender.size++
    const ring = Math.max(key.window, leastRing)
    if (sender.size >= 2 * ring) this.#trim(sender, ring)
  }

  /** Tells if a key of this log is known. */
  hasAny(log: number): boolean {
    return (this.#selectOfLog.get(log) ?? null) !== null
  }

  /** Forgets all senders of a log: its number may be given to another log. */
  forgetLog(log: number): void {
    this.#deleteRefsOfLog.run(log)
    this.#deleteOfLog.run(log)
    this.#cache.clear()
  }

  /** Forgets some of the senders whose window is over. Returns `true` when all have been looked at. */
  sweep(now: number): boolean {
    const rows = this.#selectSwept.all(this.#sweptTo) as unknown as SweptRow[]
    let removed = 0
    for (const { id, user, session, stored } of rows) {
      if (stored !== null && now - stored <= this.#window) continue
      this.#pass.run(id, session, user)
      this.#deleteRefs.run(id)
      this.#delete.run(id)
      removed++
    }
    if (removed > 0) this.#cache.clear()
    this.#sweptTo = rows.length === sweptSenders ? (rows.at(-1)?.id ?? 0) : 0
    return this.#sweptTo === 0
  }

  /** Forgets what was read or written in a transaction that failed. */
  clearCache(): void {
    this.#cache.clear()
  }

  /** Keeps the cache within its bound. */
  boundCache(): void {
    if (this.#cache.size > cachedSenders) this.#cache.clear()
  }

  /** Returns the sender of a key, unless its window is over. */
  #sender(log: number, key: AppendKey, now: number): Sender | null {
    const name = cacheName(log, key)
    const sender = this.#cached(name, log, key)
    if (sender === null || now - sender.stored <= this.#window) return sender
    if (sender.size > 0) this.#expire(sender, key)
    return null
  }

  /** Forgets the refs of a sender whose window is over before a sweep has come to it. */
  #expire(sender: Sender, { user, session }: AppendKey): void {
    this.#pass.run(sender.id, encodeName(session), encodeName(user))
    this.#deleteRefs.run(sender.id)
    sender.size = 0
  }

  /** Returns the greatest ref of a session that is no longer kept, while the session can be resumed. */
  #passed({ user, session }: AppendKey, now: number): number {
    const names = [encodeName(session), encodeName(user)] as const
    const row = this.#selectPassed.get(...names, now) as { passed_ref: number } | null | undefined
    return row?.passed_ref ?? 0
  }

  #cached(name: string, log: number, key: AppendKey): Sender | null {
    const cached = this.#cache.get(name)
    if (cached !== undefined) return cached
    const sender = this.#load(log, key)
    this.#cache.set(name, sender)
    return sender
  }

  #load(log: number, { user, session }: AppendKey): Sender | null {
    const row = this.#select.get(log, encodeName(user), encodeName(session)) as { id: number } | null
    if (!row) return null
    const { greatest, size, stored } = this.#measure.get(row.id) as Record<string, number | null>
    return { id: row.id, greatest: greatest ?? 0, size: size ?? 0, stored: stored ?? 0 }
  }

  #add(log: number, key: AppendKey, now: number): Sender {
    const name = cacheName(log, key)
    const expired = this.#cached(name, log, key)
    const id = expired?.id ?? this.#insertSender(log, key)
    const sender = { id, greatest: 0, size: 0, stored: now }
    this.#cache.set(name, sender)
    return sender
  }

  #insertSender(log: number, { user, session }: AppendKey): number {
    return (this.#insert.get(log, encodeName(user), encodeName(session)) as { id: number }).id
  }

  #trim(sender: Sender, ring: number): void {
    const oldest = this.#selectOldest.get(sender.id, ring - 1) as { ref: number } | null | undefined
    if (!oldest) return
    this.#deleteBelow.run(sender.id, oldest.ref)
    sender.size = ring
  }
}

/** Names a sender. The length tells the end of the user, so no two keys share a name. */
const cacheName = (log: number, { user, session }: AppendKey): string =>
  `${log} ${user.length}:${user}${session}`
