export type { SqliteDatabase, SqliteStatement, SqliteValue } from './database.ts'
export type { SqliteBackplaneOptions } from './options.ts'
export type { SqliteRetention } from './retention.ts'
export { sqliteBackplane } from './sqlite-backplane.ts'
