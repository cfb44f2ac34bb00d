import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { systemRuntime } from '@chat/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type SqliteBackplaneOptions, type SqliteDatabase, sqliteBackplane } from '../src/index.ts'
import { applicationId, schemaVersion } from '../src/schema.ts'
import { drivers, type OpenDatabase } from './support/drivers.ts'
import { FaultyDatabase, fullDisk, sqliteError } from './support/faulty-database.ts'
import { append, dataOf, driver, newPath, openBackplane } from './support/store.ts'

function openRaw(path: string, options = {}): OpenDatabase {
  const database = driver.open(path, options)
  onTestFinished(() => void database.close())
  return database
}

/** Opens a backplane, and returns the error. */
function refusal(database: unknown, options?: unknown): { code: string; message: string } {
  try {
    sqliteBackplane(database as SqliteDatabase, options as SqliteBackplaneOptions)
  } catch (error) {
    return error as { code: string; message: string }
  }
  throw new Error('the backplane has opened')
}

describe('arguments', () => {
  it.each([[undefined], ['chat.db'], [{}], [{ exec() {} }]])('%j is no database', (database) => {
    expect(refusal(database)).toMatchObject({
      code: 'usage',
      message: expect.stringMatching(
        /^unable to open the backplane: the first argument is .*, not a database; give an open database of node:sqlite, bun:sqlite, better-sqlite3 or libsql$/,
      ),
    })
  })

  it.each([
    [
      { retain: 1 },
      `there is no option 'retain'; the options are retention, keep, dedupeWindow, sessions, synchronous, runtime`,
    ],
    [
      { retentoin: {} },
      `there is no option 'retentoin'; the options are retention, keep, dedupeWindow, sessions, synchronous, runtime; did you mean 'retention'?`,
    ],
    [
      { retention: null },
      `the option 'retention' is not an object, but null; give an object, such as { count: … }`,
    ],
    [
      { runtime: {} },
      `the option 'runtime' must be a runtime, with the functions now, wallTime, timer, defer, random, id, but is an instance of Object`,
    ],
    [{ synchronous: 'off' }, `the option 'synchronous' is "off"; give 'normal' or 'full'`],
    [{ keep: 'none' }, `the option 'keep' is "none"; give 'all'`],
    [
      { keep: 'all', retention: {} },
      `the options 'keep' and 'retention' exclude each other; give one of them`,
    ],
    [{ sessions: 0 }, `the option 'sessions' is 0; give a number of at least 1`],
    [
      { dedupeWindow: -1 },
      `the option 'dedupeWindow' must be a number of milliseconds, at least 0, but is -1`,
    ],
    [{ retention: { days: 3 } }, `there is no option 'retention.days'; the options are count, bytes, age`],
    [{ retention: { age: Number.NaN } }, `the option 'retention.age' is NaN; give a number of at least 0`],
    [{ retention: 'all' }, `the option 'retention' is "all"; to keep every message, write \`keep: 'all'\``],
  ])('%j', (options, reason) => {
    const database = openRaw(newPath())
    expect(refusal(database, options)).toMatchObject({
      code: 'usage',
      message: `unable to open the backplane: ${reason}`,
    })
  })
})

describe('a file that cannot be used', () => {
  it('of another application is refused, and stays as it is', () => {
    const path = newPath()
    const database = openRaw(path)
    database.exec('CREATE TABLE users (name TEXT)')
    expect(refusal(database)).toMatchObject({
      code: 'usage',
      message: `unable to open the backplane: the file ${path} belongs to another application; give the backplane a file of its own`,
    })
    expect(database.prepare('PRAGMA journal_mode').get()).toMatchObject({ journal_mode: 'delete' })
    expect(database.prepare('SELECT count(*) AS n FROM sqlite_master').get()).toMatchObject({ n: 1 })
  })

  it('that has the number of another application is refused', () => {
    const database = openRaw(newPath())
    database.exec('PRAGMA application_id = 77')
    expect(refusal(database).message).toMatch('belongs to another application')
  })

  it('of a newer version is refused, and names both versions', async () => {
    const { path, close } = openBackplane()
    await close()
    const database = openRaw(path)
    database.exec(`PRAGMA user_version = ${schemaVersion + 6}`)
    expect(refusal(database)).toMatchObject({
      code: 'usage',
      message: `unable to open the backplane: the file ${path} was written by a newer version of @chat/sqlite (its schema is ${schemaVersion + 6}, this version knows ${schemaVersion}); install that version, or give another file`,
    })
  })

  it('that is no database is refused', () => {
    const path = newPath()
    writeFileSync(path, 'a text, and no database. '.repeat(400))
    expect(refusal(openRaw(path))).toMatchObject({
      code: 'usage',
      message: `unable to open the backplane: the file ${path} is no SQLite database, or is damaged (SQLite says: file is not a database); restore a copy, or move the file away to begin with an empty one`,
    })
  })

  it('that is damaged is refused', async () => {
    const { path, backplane, close } = openBackplane()
    for (let ref = 1; ref <= 200; ref++)
      await append(backplane, ref, { message: { data: `"${'x'.repeat(500)}"` } })
    await close()
    const bytes = readFileSync(path)
    // Overwrites pages behind the first, as a disk that fails.
    bytes.fill(0x5a, 4096 * 12, 4096 * 20)
    writeFileSync(path, bytes)
    expect(refusal(openRaw(path)).message).toMatch(/is no SQLite database, or is damaged \(SQLite says: /)
  })

  it('that is empty, as after a crash at its first start, is a new one', async () => {
    const path = newPath()
    writeFileSync(path, '')
    await append(openBackplane({}, path).backplane, 1)
  })

  const readOnly = {
    code: 'usage',
    message: expect.stringMatching(
      /^unable to open the backplane: the file .*chat\.db or its folder cannot be written to \(SQLite says: .*\); open it for writing, and let the process write to the file and to its folder$/,
    ),
  }

  it.each([1, 2])('that cannot be written is refused, at start %i', async (start) => {
    const path = newPath()
    if (start > 1) await openBackplane({}, path).close()
    const database = openRaw(path)
    database.exec('PRAGMA query_only = ON')
    expect(refusal(database)).toMatchObject(readOnly)
  })

  // libsql has no connection for reading only.
  it.each(drivers.filter(({ name }) => name !== 'libsql'))(
    'that is open for reading only is refused, over $name',
    async ({ open }) => {
      const { path, close } = openBackplane()
      await close()
      const database = open(path, { readonly: true })
      onTestFinished(() => void database.close())
      expect(refusal(database)).toMatchObject(readOnly)
    },
  )

  it.each([
    [fullDisk(), 'unavailable', 'there is no space left for the file'],
    [
      sqliteError('SQLITE_BUSY_SNAPSHOT', 'database is locked'),
      'unavailable',
      'is locked by another program',
    ],
    [sqliteError('SQLITE_IOERR_READ', 'disk I/O error'), 'unavailable', 'SQLite says of the file'],
    [sqliteError('SQLITE_CORRUPT', 'database disk image is malformed'), 'usage', 'is damaged'],
    [
      sqliteError('SQLITE_READONLY_DIRECTORY', 'attempt to write a readonly database'),
      'usage',
      'cannot be written to',
    ],
    [
      Object.assign(new Error('database is locked'), { errcode: 261 }),
      'unavailable',
      'is locked by another program',
    ],
    [new Error('attempt to write a readonly database'), 'usage', 'cannot be written to'],
  ])('because of %s: %s', (error, code, text) => {
    const database = new FaultyDatabase(openRaw(newPath()))
    database.fails = (sql) => (sql === 'BEGIN IMMEDIATE' ? error : null)
    const refused = refusal(database)
    expect(refused).toMatchObject({ code, cause: error })
    expect(refused.message).toMatch(text)
  })

  it('on a file system without a write-ahead log is refused', () => {
    const raw = openRaw(newPath())
    const database: SqliteDatabase = {
      exec: (sql) => raw.exec(sql),
      prepare: (sql) => raw.prepare(sql.replace('journal_mode = WAL', 'journal_mode')),
    }
    expect(refusal(database)).toMatchObject({
      code: 'usage',
      message: expect.stringMatching(
        /cannot have a write-ahead log \(its journal mode is 'delete'\); put it on a local disk$/,
      ),
    })
  })

  it('does not stay locked by a start that failed', () => {
    const path = newPath()
    const database = openRaw(path)
    database.exec('CREATE TABLE users (name TEXT)')
    refusal(database)
    database.exec('DROP TABLE users')
    sqliteBackplane(database)
  })
})

describe('the lock', () => {
  const inUse = (path: string) => ({
    code: 'unavailable',
    message: `unable to open the backplane: the file ${path} is in use by another process, or by another backplane of this process; stop the other process, or give each a file of its own (for several processes there are @chat/redis and @chat/nats)`,
  })

  it('refuses a second backplane over the same database, and the first goes on', async () => {
    const { path, raw, backplane } = openBackplane()
    expect(refusal(raw)).toMatchObject(inUse(path))
    await append(backplane, 1)
    expect(refusal(raw)).toMatchObject(inUse(path))
  })

  it('refuses a second backplane over another connection, and the first goes on', async () => {
    const { path, backplane } = openBackplane()
    expect(refusal(openRaw(path))).toMatchObject(inUse(path))
    await append(backplane, 1)
    expect(await dataOf(backplane)).toEqual([1])
  })

  it('is taken at once, although the connection waits for locks', () => {
    const { path } = openBackplane()
    const database = openRaw(path)
    database.exec('PRAGMA busy_timeout = 30000')
    const start = systemRuntime.now()
    expect(refusal(database)).toMatchObject(inUse(path))
    expect(systemRuntime.now() - start).toBeLessThan(10_000)
    expect(database.prepare('PRAGMA busy_timeout').get()).toMatchObject({ timeout: 30_000 })
  })

  it('leaves the file open to readers', async () => {
    const { path, backplane } = openBackplane()
    await append(backplane, 1)
    const reader = openRaw(path, { readonly: true })
    expect(reader.prepare('SELECT address, sender, data FROM messages').all()).toMatchObject([
      { address: '#room', sender: 'alice', data: '1' },
    ])
  })

  it('ends with the backplane', async () => {
    const { path, close } = openBackplane()
    await close()
    sqliteBackplane(openRaw(path))
  })
})

it.each(drivers)('over $name: opens, appends, closes and opens again', async ({ open }) => {
  const path = newPath()
  for (const round of [1, 2]) {
    const database = open(path)
    const backplane = sqliteBackplane(database, { synchronous: 'full' })
    await append(backplane, round)
    expect(await dataOf(backplane)).toHaveLength(round)
    await backplane.close()
    database.close()
  }
  // libsql closes a file when its statements are collected.
  const log = `${path}-wal`
  expect(existsSync(log) ? statSync(log).size : 0).toBe(0)
})

it('the durability of a database in memory is honest', async () => {
  const { backplane } = openBackplane({}, ':memory:')
  expect(backplane.capabilities.durability).toBe('node')
  expect(openBackplane().backplane.capabilities).toEqual({
    name: 'sqlite',
    durability: 'log',
    hints: 'complete',
    reverseReads: true,
    dedupeWindow: 120_000,
    largestPayload: 16 * 1024 * 1024,
    largestRoom: null,
  })
  await append(backplane, 1)
  expect(await dataOf(backplane)).toEqual([1])
})

it.each([
  ['normal', 1],
  ['full', 2],
] as const)('`synchronous: %s` is that of SQLite', (synchronous, level) => {
  const { raw } = openBackplane({ synchronous })
  expect(raw.prepare('PRAGMA synchronous').get()).toMatchObject({ synchronous: level })
  expect(raw.prepare('PRAGMA application_id').get()).toMatchObject({ application_id: applicationId })
})

it('a process that was killed leaves no lock', () => {
  const path = newPath()
  const script = `
    const Database = require('libsql')
    const database = new Database(process.argv.at(-1))
    database.prepare('ATTACH DATABASE ? AS chat_lock').run(process.argv.at(-1) + '-lock')
    database.prepare('PRAGMA chat_lock.locking_mode = EXCLUSIVE').get()
    database.exec('PRAGMA chat_lock.user_version = 1')
    process.kill(process.pid, 'SIGKILL')`
  expect(() => execFileSync(process.execPath, ['-e', script, path], { cwd: import.meta.dirname })).toThrow(
    /SIGKILL|Command failed/,
  )
  sqliteBackplane(openRaw(path))
})
