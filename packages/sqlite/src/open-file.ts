import { ChatError, UsageError } from '@chat/core'
import { describe } from '@chat/core/backplane'
import type { SqliteDatabase, SqliteStatement, SqliteValue } from './database.ts'
import { failureKind, failureText } from './failure.ts'
import { FileLock } from './file-lock.ts'
import { applicationId, migrations, schemaVersion } from './schema.ts'

/** A file that is ready for use. */
export interface OpenFile {
  /** Path of the file; empty for a database in memory. */
  readonly path: string
  readonly lock: FileLock
}

const opening = 'open the backplane'
/** Maximum size of a file that is checked as a whole at the start, in bytes: this takes 50 ms at most. */
const checkedBytes = 32 * 1024 * 1024

/**
 * Locks a file, checks that it belongs to this package, and brings its schema to the newest version.
 *
 * @param epoch - The epoch of the logs of a new file.
 * @throws UsageError when the file cannot be used; the text says why, and what to do.
 * @throws ChatError `unavailable` when another process uses the file, or the disk fails.
 */
export function openFile(
  database: SqliteDatabase,
  { synchronous, epoch }: { readonly synchronous: 'normal' | 'full'; readonly epoch: string },
): OpenFile {
  if (typeof database?.exec !== 'function' || typeof database.prepare !== 'function')
    throw new UsageError(
      `unable to ${opening}: the first argument is ${describe(database)}, not a database; give an open database of node:sqlite, bun:sqlite, better-sqlite3 or libsql`,
    )
  let path = ''
  let lock: FileLock | null = null
  try {
    path = String(readField(database, 'PRAGMA database_list', 'file') ?? '')
    lock = FileLock.acquire(database, path)
    checkOrigin(database, path)
    checkIntegrity(database, path)
    prepareConnection(database, path, synchronous)
    migrate(database, epoch)
    return { path, lock }
  } catch (error) {
    lock?.release()
    throw openingError(error, path)
  }
}

/** Refuses a file of another application, and a file of a newer version. */
function checkOrigin(database: SqliteDatabase, path: string): void {
  const application = Number(readField(database, 'PRAGMA application_id', 'application_id'))
  const version = Number(readField(database, 'PRAGMA user_version', 'user_version'))
  const tables = Number(readField(database, 'SELECT count(*) AS n FROM sqlite_master', 'n'))
  if (application === applicationId) {
    if (version <= schemaVersion) return
    throw new UsageError(
      `unable to ${opening}: the file ${path} was written by a newer version of @chat/sqlite (its schema is ${version}, this version knows ${schemaVersion}); install that version, or give another file`,
    )
  }
  if (application === 0 && version === 0 && tables === 0) return
  throw new UsageError(
    `unable to ${opening}: the file ${path} belongs to another application; give the backplane a file of its own`,
  )
}

function checkIntegrity(database: SqliteDatabase, path: string): void {
  const pages = Number(readField(database, 'PRAGMA page_count', 'page_count'))
  const size = Number(readField(database, 'PRAGMA page_size', 'page_size'))
  if (pages * size > checkedBytes) return
  const found = readField(database, 'PRAGMA quick_check(1)', 'quick_check')
  if (found !== 'ok') throw damaged(path, String(found))
}

function prepareConnection(database: SqliteDatabase, path: string, synchronous: 'normal' | 'full'): void {
  const mode = readField(database, 'PRAGMA main.journal_mode = WAL', 'journal_mode')
  if (path !== '' && mode !== 'wal')
    throw new UsageError(
      `unable to ${opening}: the file ${path} cannot have a write-ahead log (its journal mode is '${mode}'); put it on a local disk`,
    )
  database.exec(`PRAGMA synchronous = ${synchronous === 'full' ? 'FULL' : 'NORMAL'}`)
  // A process that reads the file, such as a backup, may hold a lock for a moment.
  if (Number(readField(database, 'PRAGMA busy_timeout', 'timeout')) === 0)
    readField(database, 'PRAGMA busy_timeout = 1000', 'timeout')
  // What is deleted is overwritten where that needs no further writes.
  readField(database, 'PRAGMA secure_delete = FAST', 'secure_delete')
}

function migrate(database: SqliteDatabase, epoch: string): void {
  const version = Number(readField(database, 'PRAGMA user_version', 'user_version'))
  database.exec('BEGIN IMMEDIATE')
  try {
    for (const step of migrations.slice(version)) database.exec(step)
    database.exec(`PRAGMA application_id = ${applicationId}`)
    database.exec(`PRAGMA user_version = ${schemaVersion}`)
    database.prepare('INSERT OR IGNORE INTO store (id, epoch, clock) VALUES (1, ?, 0)').run(epoch)
    database.exec('COMMIT')
  } catch (error) {
    rollBack(database)
    throw error
  }
}

function rollBack(database: SqliteDatabase): void {
  try {
    database.exec('ROLLBACK')
  } catch {
    // SQLite has rolled back by itself.
  }
}

/** Returns a field of the first row. */
function readField(database: SqliteDatabase, sql: string, name: string): SqliteValue | undefined {
  const statement: SqliteStatement = database.prepare(sql)
  return (statement.get() as Record<string, SqliteValue> | null | undefined)?.[name]
}

/** Returns the error of a start that failed, with the way out. */
function openingError(error: unknown, path: string): Error {
  if (error instanceof ChatError) return error
  const file = path === '' ? 'the database' : `the file ${path}`
  const text = failureText(error)
  switch (failureKind(error)) {
    case 'read-only':
    case 'cannot-open':
      return new UsageError(
        `unable to ${opening}: ${file} or its folder cannot be written to (SQLite says: ${text}); open it for writing, and let the process write to the file and to its folder`,
        { cause: error },
      )
    case 'corrupt':
    case 'not-a-database':
      return damaged(path, text, error)
    case 'busy':
      return new ChatError(
        'unavailable',
        `unable to ${opening}: ${file} is locked by another program (SQLite says: ${text}); end it, or try again`,
        { cause: error },
      )
    case 'full':
      return new ChatError(
        'unavailable',
        `unable to ${opening}: there is no space left for ${file}; make room on the disk`,
        { cause: error },
      )
    default:
      return new ChatError('unavailable', `unable to ${opening}: SQLite says of ${file}: ${text}`, {
        cause: error,
      })
  }
}

const damaged = (path: string, text: string, cause?: unknown): UsageError =>
  new UsageError(
    `unable to ${opening}: the file ${path} is no SQLite database, or is damaged (SQLite says: ${text}); restore a copy, or move the file away to begin with an empty one`,
    { cause },
  )
