import type { Complete } from '@chat/core/backplane'

/** The retention of a log. Above any of its bounds the oldest messages are removed, in lots. */
export interface SqliteRetention {
  /** Maximum number of messages. Default: 10 000. `Infinity` for no bound. */
  readonly count?: number | undefined
  /** Maximum size in bytes, as JSON. Default: 16 MiB. `Infinity` for no bound. */
  readonly bytes?: number | undefined
  /** Maximum age of a message in milliseconds. Default: 30 days. `Infinity` for no bound. */
  readonly age?: number | undefined
}

/** The bounds of a log, all of them given. */
export type Bounds = Complete<SqliteRetention>

/** The bounds of a log whose retention is not given. */
export const defaultBounds: Bounds = { count: 10_000, bytes: 16 * 1024 * 1024, age: 30 * 24 * 3_600_000 }

/** The bounds of a log that keeps every message. */
export const noBounds: Bounds = {
  count: Number.POSITIVE_INFINITY,
  bytes: Number.POSITIVE_INFINITY,
  age: Number.POSITIVE_INFINITY,
}
