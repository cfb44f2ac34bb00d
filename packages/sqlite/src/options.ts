import { type Runtime, systemRuntime, UsageError } from '@chat/core'
import {
  checkDuration,
  checkOptionsWithHint,
  checkRuntime,
  describe,
  fillDefaults,
  type OptionNames,
} from '@chat/core/backplane'
import { type Bounds, defaultBounds, noBounds, type SqliteRetention } from './retention.ts'

/** Options of {@link sqliteBackplane}. */
export interface SqliteBackplaneOptions {
  /**
   * Retention of each log. A function decides by the address: it is called when a log is used for the first
   * time after the start, and may be called again. Default: 10 000 messages, 16 MiB and 30 days for each log.
   */
  readonly retention?: SqliteRetention | ((address: string) => SqliteRetention | 'all') | undefined
  /** `'all'` keeps every message of every log. It excludes `retention`. Default: the retention holds. */
  readonly keep?: 'all' | undefined
  /** Duration for which a repetition is recognised, in milliseconds, at least. Default: 120 000. */
  readonly dedupeWindow?: number | undefined
  /**
   * Number of sessions that are remembered. Above it, sessions that have ended are forgotten, and first those
   * whose clients never wrote a frame. Make it larger than the number of clients that are connected at a time.
   * Default: 50 000.
   */
  readonly sessions?: number | undefined
  /**
   * The moment at which SQLite waits for the disk. With `normal` an accepted message survives a crash of the
   * process, but the last moment before a power failure may be lost. With `full` every commit waits for the
   * disk, and a power failure loses nothing. Default: `normal`.
   */
  readonly synchronous?: 'normal' | 'full' | undefined
  /** The source of time and ids, for tests. Default: {@link systemRuntime}. */
  readonly runtime?: Runtime | undefined
}

/** The options with their defaults. */
export interface Settings {
  readonly boundsOf: (address: string) => Bounds
  readonly dedupeWindow: number
  readonly sessions: number
  readonly synchronous: 'normal' | 'full'
  readonly runtime: Runtime
}

const optionNames: OptionNames<SqliteBackplaneOptions> = {
  retention: true,
  keep: true,
  dedupeWindow: true,
  sessions: true,
  synchronous: true,
  runtime: true,
}
const retentionNames: OptionNames<SqliteRetention> = { count: true, bytes: true, age: true }
const opening = 'open the backplane'

/**
 * Checks the options, and adds the defaults.
 *
 * @throws UsageError when an option cannot work or does not exist.
 */
export function toSettings(options: SqliteBackplaneOptions = {}): Settings {
  checkOptionsWithHint(opening, options, optionNames)
  checkDuration(opening, 'dedupeWindow', options.dedupeWindow)
  checkChoice('synchronous', options.synchronous, ['normal', 'full'])
  checkChoice('keep', options.keep, ['all'])
  if (options.keep !== undefined && options.retention !== undefined)
    throw new UsageError(
      `unable to ${opening}: the options 'keep' and 'retention' exclude each other; give one of them`,
    )
  checkNumber('sessions', options.sessions, 1)
  checkRuntime(opening, 'runtime', options.runtime)
  return {
    boundsOf: boundsBy(options),
    dedupeWindow: options.dedupeWindow ?? 120_000,
    sessions: options.sessions ?? 50_000,
    synchronous: options.synchronous ?? 'normal',
    runtime: options.runtime ?? systemRuntime,
  }
}

function boundsBy({ retention, keep }: SqliteBackplaneOptions): (address: string) => Bounds {
  if (keep === 'all') return () => noBounds
  if (typeof retention === 'function') return (address) => toBounds(retentionOf(retention, address))
  const given: unknown = retention
  if (given === 'all')
    throw new UsageError(
      `unable to ${opening}: the option 'retention' is "all"; to keep every message, write \`keep: 'all'\``,
    )
  const bounds = toBounds(retention === undefined ? {} : retention)
  return () => bounds
}

function retentionOf(
  retention: (address: string) => SqliteRetention | 'all',
  address: string,
): SqliteRetention | 'all' {
  try {
    const answer: SqliteRetention | 'all' | undefined = retention(address)
    return answer === undefined ? {} : answer
  } catch (error) {
    throw new UsageError(
      `unable to read the retention of ${describe(address)}: the function of the option 'retention' has thrown`,
      { cause: error },
    )
  }
}

function toBounds(retention: SqliteRetention | 'all'): Bounds {
  if (retention === 'all') return noBounds
  checkOptionsWithHint(opening, retention, retentionNames, 'retention')
  for (const name of ['count', 'bytes', 'age'] as const) checkNumber(`retention.${name}`, retention[name], 0)
  return fillDefaults(defaultBounds, retention)
}

function checkNumber(name: string, value: unknown, least: number): void {
  if (value === undefined || (typeof value === 'number' && value >= least)) return
  throw new UsageError(
    `unable to ${opening}: the option '${name}' is ${describe(value)}; give a number of at least ${least}`,
  )
}

function checkChoice(name: string, value: unknown, choices: readonly string[]): void {
  if (value === undefined || choices.some((choice) => choice === value)) return
  throw new UsageError(
    `unable to ${opening}: the option '${name}' is ${describe(value)}; give ${choices.map((choice) => `'${choice}'`).join(' or ')}`,
  )
}
