import type { SqliteDatabase, SqliteStatement, SqliteValue } from '../../src/index.ts'

/** A database whose statements fail on request, as with a disk that fails. */
export class FaultyDatabase implements SqliteDatabase {
  /** The error of every statement; `null` while the disk works. */
  failure: Error | null = null
  /** Decides for each statement if it fails with an error; by its SQL and parameters. */
  fails: (sql: string, parameters: readonly SqliteValue[]) => Error | null = () => null
  readonly #database: SqliteDatabase

  constructor(database: SqliteDatabase) {
    this.#database = database
  }

  exec(sql: string): unknown {
    this.#check(sql, [])
    return this.#database.exec(sql)
  }

  prepare(sql: string): SqliteStatement {
    const statement = this.#database.prepare(sql)
    const run = <T>(parameters: SqliteValue[], execute: () => T): T => {
      this.#check(sql, parameters)
      return execute()
    }
    return {
      run: (...parameters) => run(parameters, () => statement.run(...parameters)),
      get: (...parameters) => run(parameters, () => statement.get(...parameters)),
      all: (...parameters) => run(parameters, () => statement.all(...parameters)),
    }
  }

  #check(sql: string, parameters: readonly SqliteValue[]): void {
    const error = this.failure ?? this.fails(sql, parameters)
    if (error !== null) throw error
  }
}

/** Returns an error as better-sqlite3 and libsql throw it. */
export const sqliteError = (code: string, message: string): Error =>
  Object.assign(new Error(message), { code })

export const diskError = (): Error => sqliteError('SQLITE_IOERR', 'disk I/O error')
export const fullDisk = (): Error => sqliteError('SQLITE_FULL', 'database or disk is full')
