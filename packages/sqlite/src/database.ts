/** A value that is bound to a parameter of a statement. */
export type SqliteValue = string | number | null

/** A prepared statement, as the drivers of SQLite have it in common. */
export interface SqliteStatement {
  /** Runs the statement, whose rows are ignored. Throws when it fails. */
  run(...parameters: SqliteValue[]): unknown
  /** Returns the first row as an object; `undefined` or `null` when there is none. Throws when it fails. */
  get(...parameters: SqliteValue[]): unknown
  /** Returns all rows as objects. Throws when it fails. */
  all(...parameters: SqliteValue[]): unknown[]
}

/**
 * An open connection to a SQLite file, as the drivers of SQLite have it in common: `DatabaseSync` of
 * `node:sqlite`, `Database` of `bun:sqlite`, of `better-sqlite3` and of `libsql`.
 */
export interface SqliteDatabase {
  /** Runs one or more statements without parameters. Throws when one of them fails. */
  exec(sql: string): unknown
  /** Prepares a statement. Throws when it cannot be compiled. */
  prepare(sql: string): SqliteStatement
}
