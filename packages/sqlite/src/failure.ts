import { ChatError } from '@chat/core'

/** The kind of a failure of SQLite, as far as it decides the reaction. */
export type FailureKind =
  | 'busy'
  | 'full'
  | 'read-only'
  | 'corrupt'
  | 'not-a-database'
  | 'cannot-open'
  | 'input-output'
  | 'other'

/** The primary result codes of SQLite. */
const kinds: ReadonlyMap<number, FailureKind> = new Map([
  [5, 'busy'],
  [6, 'busy'],
  [8, 'read-only'],
  [10, 'input-output'],
  [11, 'corrupt'],
  [13, 'full'],
  [14, 'cannot-open'],
  [26, 'not-a-database'],
])

const names: ReadonlyMap<string, FailureKind> = new Map([
  ['SQLITE_BUSY', 'busy'],
  ['SQLITE_LOCKED', 'busy'],
  ['SQLITE_READONLY', 'read-only'],
  ['SQLITE_IOERR', 'input-output'],
  ['SQLITE_CORRUPT', 'corrupt'],
  ['SQLITE_FULL', 'full'],
  ['SQLITE_CANTOPEN', 'cannot-open'],
  ['SQLITE_NOTADB', 'not-a-database'],
])

/** The messages of SQLite, for drivers that give no code. */
const messages: readonly (readonly [text: string, kind: FailureKind])[] = [
  ['database is locked', 'busy'],
  ['database table is locked', 'busy'],
  ['readonly database', 'read-only'],
  ['disk I/O error', 'input-output'],
  ['malformed', 'corrupt'],
  ['disk is full', 'full'],
  ['unable to open database', 'cannot-open'],
  ['not a database', 'not-a-database'],
]

interface DriverError {
  readonly message?: unknown
  /** `SQLITE_FULL` in better-sqlite3, libsql and Bun. */
  readonly code?: unknown
  /** The extended result code in node:sqlite. */
  readonly errcode?: unknown
}

/** Returns the kind of an error that a driver has thrown. */
export function failureKind(error: unknown): FailureKind {
  const { message, code, errcode } = (error ?? {}) as DriverError
  const named = typeof code === 'string' ? /^SQLITE_[A-Z]+/.exec(code)?.[0] : undefined
  const known =
    (typeof errcode === 'number' ? kinds.get(errcode & 0xff) : undefined) ?? names.get(named ?? '')
  return known ?? messages.find(([text]) => String(message).includes(text))?.[1] ?? 'other'
}

/** Returns the text of an error that a driver has thrown. */
export const failureText = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)

/** Returns the error of an operation that the database refused. An error of this SDK stays as it is. */
export function unavailable(operation: string, error: unknown): ChatError {
  if (error instanceof ChatError) return error
  return new ChatError('unavailable', `unable to ${operation}: SQLite says: ${failureText(error)}`, {
    cause: error,
  })
}
