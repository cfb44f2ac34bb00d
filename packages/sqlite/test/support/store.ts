import { join } from 'node:path'
import { type Runtime, systemRuntime } from '@chat/core'
import type { AppendKey, AppendResult, Backplane, NewMessage } from '@chat/core/backplane'
import { onTestFinished } from 'vitest'
import { type SqliteBackplaneOptions, sqliteBackplane } from '../../src/index.ts'
import { type Driver, drivers, type OpenDatabase } from './drivers.ts'
import { FaultyDatabase } from './faulty-database.ts'
import { temporaryFolder } from './temporary.ts'

/** The driver of the tests that one driver is enough for. */
export const driver: Driver = drivers[0] as Driver

/** A backplane over a file, which can be closed and opened again. */
export interface OpenFile {
  readonly path: string
  readonly database: FaultyDatabase
  readonly raw: OpenDatabase
  readonly backplane: Backplane
  /** Closes the backplane and the database, as at the end of a process. */
  close(): Promise<void>
}

/** Opens a backplane over a file, which is closed at the end of the test. */
export function openBackplane(options: SqliteBackplaneOptions = {}, path = newPath()): OpenFile {
  const raw = driver.open(path)
  const database = new FaultyDatabase(raw)
  const backplane = sqliteBackplane(database, options)
  let open = true
  async function close(): Promise<void> {
    if (!open) return
    open = false
    database.failure = null
    await backplane.close()
    raw.close()
  }
  onTestFinished(close)
  return { path, database, raw, backplane, close }
}

/** Returns the path of a file that does not exist yet. */
export const newPath = (): string => join(temporaryFolder(), 'chat.db')

/** Returns the key of an append. */
export function keyOf(ref: number, parts: Partial<AppendKey> = {}): AppendKey {
  return { user: 'alice', session: 's1', ref, hash: `hash ${ref}`, window: 16, by: 'node1', ...parts }
}

/** Returns the message of an append. */
export function messageOf(ref: number, parts: Partial<NewMessage> = {}): NewMessage {
  return { event: 'say', data: String(ref), meta: null, from: 'alice', id: `s1.${ref}`, ...parts }
}

/** Appends a message to `#room`. */
export async function append(
  backplane: Backplane,
  ref: number,
  parts: { message?: Partial<NewMessage>; key?: Partial<AppendKey>; room?: string } = {},
): Promise<AppendResult> {
  const { room = '#room', message, key } = parts
  return backplane.append(room, messageOf(ref, message), keyOf(ref, key))
}

/** Reads the data of all entries of a log. */
export async function dataOf(backplane: Backplane, room = '#room'): Promise<unknown[]> {
  const data: unknown[] = []
  for (let after = 0; ; ) {
    const { entries, more } = await backplane.read(room, { after, limit: 256 })
    data.push(...entries.map((entry) => JSON.parse(entry.data)))
    after = entries.at(-1)?.at ?? after
    if (!more) return data
  }
}

/** A runtime whose clocks a test sets. */
export class SetClocks {
  /** Milliseconds by which the clock of the day is off. */
  dayOff = 0
  /** Milliseconds that have passed on both clocks, besides the real ones. */
  passed = 0
  readonly runtime: Runtime = {
    ...systemRuntime,
    now: () => systemRuntime.now() + this.passed,
    wallTime: () => systemRuntime.wallTime() + this.passed + this.dayOff,
  }
}

/** Returns the outcome of promises: the value's outcome, or the code of the error. */
export async function settled(pending: readonly Promise<AppendResult>[]): Promise<string[]> {
  const results = await Promise.allSettled(pending)
  return results.map((result) =>
    result.status === 'fulfilled' ? result.value.outcome : (result.reason as { code: string }).code,
  )
}
