// Measures the CPU time and the space of the backplane over each driver of this runtime, and prints them:
// npm run sizing -w @chat/sqlite
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Backplane } from '@chat/core/backplane'
import { sqliteBackplane } from '../../src/index.ts'
import { type Driver, drivers, type OpenDatabase } from '../support/drivers.ts'

const data = JSON.stringify('x'.repeat(126))
const messages = 20_000
const few = 2_000

/** A store in a file of its own. */
class Sample {
  readonly #folder = mkdtempSync(join(tmpdir(), 'chat-sizing-'))
  readonly #database: OpenDatabase
  readonly backplane: Backplane
  #ref = 0

  constructor(driver: Driver) {
    this.#database = driver.open(join(this.#folder, 'chat.db'))
    this.backplane = sqliteBackplane(this.#database, { keep: 'all' })
  }

  append(room: string, window = 16): unknown {
    const ref = ++this.#ref
    const id = `0123456789.${ref}`
    return this.backplane.append(
      room,
      { event: 'say', data, meta: null, from: 'alice', id },
      { user: 'alice', session: '0123456789', ref, hash: `${ref}`.padStart(32, '0'), window, by: '01234567' },
    )
  }

  /** Appends to rooms in groups, each in one turn. */
  async appendGroups(
    count: number,
    group: number,
    room: (n: number) => string,
    window?: number,
  ): Promise<void> {
    for (let n = 0; n < count; n += group)
      await Promise.all(Array.from({ length: group }, (_, i) => this.append(room(n + i), window)))
  }

  /** The bytes that are in use in the file. */
  get bytes(): number {
    const field = (name: string) =>
      Number((this.#database.prepare(`PRAGMA ${name}`).get() as Record<string, number>)[name])
    return (field('page_count') - field('freelist_count')) * field('page_size')
  }

  async close(): Promise<void> {
    await this.backplane.close()
    this.#database.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

type Row = [what: string, microseconds: number | null, bytes: number | null]

/** Runs a step, and returns its time and space for each of `count` operations. */
async function measure(
  sample: Sample,
  count: number,
  run: () => Promise<unknown>,
): Promise<[number, number]> {
  const bytes = sample.bytes
  const start = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(start)
  return [(user + system) / count, (sample.bytes - bytes) / count]
}

async function appends(driver: Driver): Promise<Row[]> {
  const sample = new Sample(driver)
  const rows: Row[] = []
  const first = await measure(sample, messages, () => sample.appendGroups(messages, 100, () => '#room'))
  rows.push(['message of 128 bytes, 100 in a turn', ...first])
  const [single] = await measure(sample, few, () => sample.appendGroups(few, 1, () => '#room'))
  rows.push(['the same, one in a turn', single, null])
  const [page] = await measure(sample, 200, async () => {
    for (let n = 0; n < 200; n++) await sample.backplane.read('#room', { after: n * 50, limit: 256 })
  })
  rows.push(['page of 256 messages', page, null])
  const rooms = await measure(sample, few, () => sample.appendGroups(few, 100, (n) => `#room-${n}`))
  rows.push(['first message of a room, with its key', ...rooms])
  const names = Array.from({ length: few }, (_, n) => `#room-${n}`)
  const [head] = await measure(sample, few, async () => sample.backplane.heads(names))
  rows.push(['place of a room, of 2 000 at once', head, null])
  await sample.close()
  return rows
}

async function keys(driver: Driver): Promise<Row[]> {
  const sample = new Sample(driver)
  const all = await measure(sample, messages, () =>
    sample.appendGroups(messages, 100, () => '#room', messages),
  )
  const trimmed = new Sample(driver)
  const one = await measure(trimmed, messages, () => trimmed.appendGroups(messages, 100, () => '#room'))
  for (const each of [sample, trimmed]) await each.close()
  return [['key of a message, for two minutes', null, all[1] - one[1]]]
}

async function sessions(driver: Driver): Promise<Row[]> {
  const sample = new Sample(driver)
  const { sessions: store } = sample.backplane
  const secret = (n: number) => `${n}`.padStart(64, '0')
  const each = (run: (n: number) => unknown) => async () => {
    for (let n = 0; n < messages; n += 100)
      await Promise.all(Array.from({ length: 100 }, (_, i) => run(n + i)))
  }
  const session = (n: number) => ({ id: `session${n}`, user: `user${n}` })
  const put = await measure(
    sample,
    messages,
    each((n) => store.put({ ...session(n), secret: secret(n) }, '01234567', 120_000)),
  )
  const [renew] = await measure(
    sample,
    messages,
    each((n) => store.renew(session(n), 1, n, 120_000)),
  )
  const attempt = (n: number) => ({
    user: `user${n}`,
    secret: secret(n),
    n: 1,
    next: secret(n + 1),
    node: '01234567',
  })
  const take = await measure(
    sample,
    messages,
    each((n) => store.take(`session${n}`, attempt(n), 120_000)),
  )
  await sample.close()
  return [
    ['session, when it begins', put[0], put[1] + take[1]],
    ['session, when it is renewed', renew, null],
    ['session, when it is taken', take[0], null],
  ]
}

for (const driver of drivers) {
  console.log(`\n| ${driver.name} | microseconds of CPU | bytes |\n|---|---|---|`)
  for (const step of [appends, keys, sessions])
    for (const [what, microseconds, bytes] of await step(driver))
      console.log(`| ${what} | ${microseconds?.toPrecision(2) ?? ''} | ${bytes?.toFixed(0) ?? ''} |`)
}
