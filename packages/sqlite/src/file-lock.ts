import { ChatError } from '@chat/core'
import type { SqliteDatabase } from './database.ts'
import { failureKind, failureText } from './failure.ts'

/** The name under which the lock's own file is attached to the connection. */
const schema = 'chat_lock'

/**
 * The claim of a process to a file: a lock of the operating system on a second file beside it, which ends with
 * the process, however that ends. The file itself stays open to readers, such as a backup.
 */
export class FileLock {
  readonly #database: SqliteDatabase
  readonly #held: boolean

  /**
   * Takes the lock of a file; a database in memory needs none.
   *
   * @throws ChatError `unavailable` when another process, or another backplane of this process, has it.
   */
  static acquire(database: SqliteDatabase, path: string): FileLock {
    if (path === '') return new FileLock(database, false)
    const timeout = database.prepare('PRAGMA busy_timeout').get() as { timeout: number }
    // A process that has the file keeps it, so there is nothing to wait for.
    database.prepare('PRAGMA busy_timeout = 0').get()
    try {
      attach(database, path)
      return new FileLock(database, true)
    } finally {
      database.prepare(`PRAGMA busy_timeout = ${Number(timeout.timeout)}`).get()
    }
  }

  private constructor(database: SqliteDatabase, held: boolean) {
    this.#database = database
    this.#held = held
  }

  /** Releases the lock. */
  release(): void {
    if (this.#held) detach(this.#database)
  }
}

function attach(database: SqliteDatabase, path: string): void {
  try {
    database.prepare(`ATTACH DATABASE ? AS ${schema}`).run(`${path}-lock`)
  } catch (error) {
    throw isInUse(error) ? inUse(path, error) : error
  }
  try {
    database.prepare(`PRAGMA ${schema}.locking_mode = EXCLUSIVE`).get()
    // In this mode a write takes the lock, and the end of its transaction does not release it.
    database.exec(`PRAGMA ${schema}.user_version = 1`)
  } catch (error) {
    detach(database)
    throw isInUse(error) ? inUse(path, error) : error
  }
}

/** Tells if the lock is held: by another connection, or by this connection for another backplane. */
const isInUse = (error: unknown): boolean =>
  failureKind(error) === 'busy' || failureText(error).includes(`${schema} is already in use`)

function detach(database: SqliteDatabase): void {
  try {
    database.exec(`DETACH DATABASE ${schema}`)
  } catch {
    // The application has closed the database, and with it the lock.
  }
}

const inUse = (path: string, cause: unknown): ChatError =>
  new ChatError(
    'unavailable',
    `unable to open the backplane: the file ${path} is in use by another process, or by another backplane of this process; stop the other process, or give each a file of its own (for several processes there are @chat/redis and @chat/nats)`,
    { cause },
  )
