import type { SessionRecord, SessionStore, TakeAttempt, TakeResult } from '@chat/core/backplane'
import { sameDigest } from '@chat/core/backplane'
import type { SqliteDatabase, SqliteStatement } from './database.ts'
import { decodeName, encodeName } from './stored-name.ts'

interface SessionRow {
  readonly user: string
  readonly node: string
  readonly secret: string
  readonly attempts: number
  readonly older_secret: string | null
  readonly older_attempts: number
  readonly generation: number
  readonly last_ref: number
  readonly expires: number
  readonly dropped: number
}

const unknown: TakeResult = { outcome: 'unknown' }
/** The order in which records make room: the lowest goes first. The numbers are in files. */
const worth = { silent: 0, used: 1, connected: 2 } as const
/** The share of all records above which a user's own records make room for its new records. */
const fairShare = 0.1
/** Number of expired records that a sweep removes in one transaction. */
const sweptSessions = 500

/**
 * The records of sessions (P-HS-6). Above its capacity the table forgets records of sessions that have ended:
 * first those of sessions that never wrote a frame, then the others, in the order in which they expire. Records
 * of connected sessions come last. A user with very many sessions loses its own records first.
 */
export class SessionTable {
  readonly #capacity: number
  readonly #count: SqliteStatement
  readonly #countOfUser: SqliteStatement
  readonly #select: SqliteStatement
  readonly #put: SqliteStatement
  readonly #take: SqliteStatement
  readonly #confirm: SqliteStatement
  readonly #renew: SqliteStatement
  readonly #dropOne: SqliteStatement
  readonly #dropUser: SqliteStatement
  readonly #forgetOldest: SqliteStatement
  readonly #forgetOldestOfUser: SqliteStatement
  readonly #selectExpired: SqliteStatement
  readonly #delete: SqliteStatement
  /** The number of records; `null` when it has to be counted. */
  #size: number | null = null

  constructor(database: SqliteDatabase, capacity: number) {
    const prepare = (sql: string): SqliteStatement => database.prepare(sql)
    this.#capacity = capacity
    this.#count = prepare('SELECT count(*) AS n FROM sessions')
    this.#countOfUser = prepare('SELECT count(*) AS n FROM sessions WHERE user = ?')
    this.#select = prepare('SELECT * FROM sessions WHERE id = ?')
    this.#put = prepare(
      `INSERT INTO sessions (id, user, node, secret, attempts, older_attempts, generation, last_ref, expires, dropped, worth)
      VALUES (?, ?, ?, ?, 0, 0, 1, 0, ?, 0, ${worth.connected})`,
    )
    this.#take = prepare(
      `UPDATE sessions SET node = ?, secret = ?, attempts = 0, older_secret = ?, older_attempts = ?,
      generation = ?, expires = ?, worth = ${worth.connected} WHERE id = ?`,
    )
    this.#confirm = prepare('UPDATE sessions SET older_secret = NULL WHERE id = ? AND generation = ?')
    this.#renew = prepare('UPDATE sessions SET last_ref = ?, expires = ?, worth = ? WHERE id = ?')
    this.#dropOne = prepare('UPDATE sessions SET dropped = 1 WHERE id = ?')
    this.#dropUser = prepare('UPDATE sessions SET dropped = 1 WHERE user = ?')
    const oldest = 'ORDER BY worth, expires LIMIT 1'
    this.#forgetOldest = prepare(`DELETE FROM sessions WHERE id = (SELECT id FROM sessions ${oldest})`)
    this.#forgetOldestOfUser = prepare(
      `DELETE FROM sessions WHERE id = (SELECT id FROM sessions WHERE user = ? ${oldest})`,
    )
    this.#selectExpired = prepare(
      `SELECT id FROM sessions WHERE expires <= ? ORDER BY expires LIMIT ${sweptSessions}`,
    )
    this.#delete = prepare('DELETE FROM sessions WHERE id = ?')
  }

  /** The number of records that are held. */
  get size(): number {
    this.#size ??= (this.#count.get() as { n: number }).n
    return this.#size
  }

  /** Keeps a new record until a time of the store. */
  put(record: SessionRecord, node: string, expires: number): void {
    const id = encodeName(record.id)
    const user = encodeName(record.user)
    if (this.#row(record.id) !== null) this.#forget(id)
    const size = this.size
    this.#put.run(id, user, encodeName(node), encodeName(record.secret), expires)
    this.#size = size + 1
    if (this.#size <= this.#capacity) return
    const own = (this.#countOfUser.get(user) as { n: number }).n
    if (own > Math.max(1, this.#capacity * fairShare)) this.#forgetOldestOfUser.run(user)
    else this.#forgetOldest.run()
    this.#size--
  }

  /** Takes a record over, and keeps it until a time of the store. */
  take(id: string, attempt: TakeAttempt, now: number, expires: number): TakeResult {
    const row = this.#live(id, now)
    if (row === null || row.user !== encodeName(attempt.user)) return unknown
    // Compares with both secrets, so that the time does not tell them apart.
    const given = encodeName(attempt.secret)
    const newest = sameDigest(row.secret, given)
    const older = row.older_secret !== null && sameDigest(row.older_secret, given)
    if (!newest && !older) return unknown
    if (attempt.n <= (newest ? row.attempts : row.older_attempts)) return { outcome: 'stale' }
    const generation = row.generation + 1
    const next = [encodeName(attempt.node), encodeName(attempt.next)] as const
    this.#take.run(...next, given, attempt.n, generation, expires, encodeName(id))
    // A session whose last taking was not confirmed may still be at the node before.
    const node = row.older_secret === null ? decodeName(row.node) : null
    return { outcome: 'taken', generation, lastRef: row.last_ref, node }
  }

  /** Makes the older secret invalid. */
  confirm(id: string, generation: number): void {
    this.#confirm.run(encodeName(id), generation)
  }

  /** Keeps a record until a time of the store. Returns `false` for a record that was dropped. */
  renew(
    { id, user, ended }: Parameters<SessionStore['renew']>[0],
    generation: number,
    lastRef: number,
    expires: number,
  ): boolean {
    const row = this.#row(id)
    if (row === null || row.user !== encodeName(user)) return true
    if (row.dropped) return false
    if (row.generation === generation)
      this.#renew.run(Math.max(row.last_ref, lastRef), expires, worth[ended ?? 'connected'], encodeName(id))
    return true
  }

  /** Returns the user and node of a record that can be taken. */
  find(id: string, now: number): { user: string; node: string } | null {
    const row = this.#live(id, now)
    return row === null ? null : { user: decodeName(row.user), node: decodeName(row.node) }
  }

  /** Makes records impossible to take. They stay, so that a renewal learns of it. */
  drop(which: { readonly id: string } | { readonly user: string }): void {
    if ('user' in which) this.#dropUser.run(encodeName(which.user))
    else this.#dropOne.run(encodeName(which.id))
  }

  /** Forgets some of the expired records. Returns `true` when none is left. */
  sweep(now: number): boolean {
    const rows = this.#selectExpired.all(now) as { id: string }[]
    for (const { id } of rows) this.#forget(id)
    return rows.length < sweptSessions
  }

  /** Forgets what was counted in a transaction that failed. */
  clearCache(): void {
    this.#size = null
  }

  #row(id: string): SessionRow | null {
    return (this.#select.get(encodeName(id)) as SessionRow | null | undefined) ?? null
  }

  #live(id: string, now: number): SessionRow | null {
    const row = this.#row(id)
    return row === null || row.expires <= now || row.dropped ? null : row
  }

  #forget(id: string): void {
    const size = this.size
    this.#delete.run(id)
    this.#size = size - 1
  }
}
