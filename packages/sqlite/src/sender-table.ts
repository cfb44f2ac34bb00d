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
 * window after the newest is over.
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
  readonly #selectSwept: SqliteStatement
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
    this.#selectSwept = prepare(
      `SELECT id, (SELECT stored FROM refs WHERE sender = senders.id ORDER BY ref DESC LIMIT 1) AS stored
      FROM senders WHERE id > ? ORDER BY id LIMIT ${sweptSenders}`,
    )
  }

  /**
   * Returns the answer to a known key, `conflict` for a key that is used or too old, or `null` for a new key.
   */
  find(log: number, key: AppendKey, now: number): AppendResult | null {
    const sender = this.#sender(log, key, now)
    if (sender === null || key.ref > sender.greatest) return null
    const row = this.#selectRef.get(sender.id, key.ref) as RefRow | null | undefined
    if (row === undefined || row === null || row.hash !== encodeName(key.hash)) return conflict
    const { epoch, at, time } = row
    return { outcome: 'duplicate', epoch, at, id: decodeName(row.id), time, by: decodeName(row.node) }
  }

  /** Tells if the ref before a pipelined one is known, or has been passed. */
  hasReached(log: number, key: AppendKey, ref: number, now: number): boolean {
    const sender = this.#sender(log, key, now)
    return sender !== null && sender.greatest >= ref
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

  /** Forgets some of the senders whose window is over. Returns `true` when all have been looked at. */
  sweep(now: number): boolean {
    const rows = this.#selectSwept.all(this.#sweptTo) as { id: number; stored: number | null }[]
    let removed = 0
    for (const { id, stored } of rows) {
      if (stored !== null && now - stored <= this.#window) continue
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
    return sender === null || now - sender.stored > this.#window ? null : sender
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
    if (expired !== null) this.#deleteRefs.run(expired.id)
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
