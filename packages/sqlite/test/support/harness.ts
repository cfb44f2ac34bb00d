import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ChatError } from '@chat/core'
import type { Backplane } from '@chat/core/backplane'
import { VirtualTime } from '@chat/testing'
import type { BackplaneBench, BackplaneHarness, BackplaneStartOptions } from '@chat/testing/conformance'
import type { SqliteBackplaneOptions } from '../../src/index.ts'
import { SqliteBackplane } from '../../src/sqlite-backplane.ts'
import { SqliteStore } from '../../src/sqlite-store.ts'
import type { Driver, OpenDatabase } from './drivers.ts'
import { diskError, FaultyDatabase } from './faulty-database.ts'
import { temporaryRoot } from './temporary.ts'

const tables = ['entries', 'refs', 'senders', 'logs', 'sessions']

/** A store in a file of its own, with the faults that the suite asks for. */
class Bench {
  readonly store: SqliteStore
  readonly #folder = mkdtempSync(join(temporaryRoot, 'chat-sqlite-'))
  readonly #file: OpenDatabase
  readonly #database: FaultyDatabase
  readonly #losing = new Set<Backplane>()
  readonly #nodes: SqliteBackplane[] = []

  constructor(driver: Driver, options: SqliteBackplaneOptions) {
    this.#file = driver.open(join(this.#folder, 'chat.db'))
    this.#database = new FaultyDatabase(this.#file)
    this.store = new SqliteStore(this.#database, options)
  }

  node(): Backplane {
    const node = new SqliteBackplane(this.store, () => {})
    this.#nodes.push(node)
    const losing: Backplane = losesAnswers(node, () => this.#losing.delete(losing))
    return losing
  }

  loseAnswer(node: Backplane): void {
    this.#losing.add(node)
  }

  outage(down: boolean): void {
    this.#database.failure = down ? diskError() : null
  }

  /** Gives a log a new epoch without entries, as its age does. */
  forget(address: string): void {
    this.#change([
      [`DELETE FROM entries WHERE log IN (SELECT id FROM logs WHERE address = ?)`, address],
      [
        `UPDATE logs SET epoch = 'e' || hex(randomblob(4)), base = 0, base_id = NULL, base_bytes = 0, top = 0,
        top_id = NULL, bytes = 0 WHERE address = ?`,
        address,
      ],
    ])
  }

  wipe(): void {
    this.#change([
      ...tables.map((table): [string] => [`DELETE FROM ${table}`]),
      [`UPDATE store SET epoch = 'e' || hex(randomblob(4))`],
    ])
    this.store.memory.wipe()
  }

  /** Loses the newest entries of a log with their keys, as a power failure does. */
  rollback(address: string, count: number): void {
    const log = '(SELECT id FROM logs WHERE address = ?)'
    const last = `(SELECT at FROM entries WHERE log = logs.id ORDER BY at DESC LIMIT 1)`
    this.#change([
      [
        `DELETE FROM entries WHERE log = ${log} AND at > (SELECT top FROM logs WHERE address = ?) - ${count}`,
        address,
        address,
      ],
      [
        `DELETE FROM refs WHERE sender IN (SELECT id FROM senders WHERE log = ${log})
        AND at > (SELECT top FROM logs WHERE address = ?) - ${count}`,
        address,
        address,
      ],
      [
        `UPDATE logs SET top = ${last}, top_id = (SELECT id FROM entries WHERE log = logs.id AND at = ${last}),
        bytes = (SELECT total FROM entries WHERE log = logs.id AND at = ${last}) WHERE address = ?`,
        address,
      ],
    ])
  }

  /** Counts the rows of the file, and what is in memory. */
  leftovers(): number {
    const rows = tables.map((table) => {
      const { n } = this.#file.prepare(`SELECT count(*) AS n FROM ${table}`).get() as { n: number }
      return n
    })
    const { tails, channels, presence } = this.store.memory.usage
    return [...rows, tails, channels, presence, this.store.pinned].reduce((sum, count) => sum + count, 0)
  }

  stop(): void {
    this.#database.failure = null
    this.store.close()
    this.#file.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #change(statements: readonly [sql: string, ...parameters: string[]][]): void {
    for (const [sql, ...parameters] of statements) this.#file.prepare(sql).run(...parameters)
    this.store.forgetMemory()
  }
}

/** Makes the harness of the suite for a driver. */
export function harness(driver: Driver): BackplaneHarness {
  const time = new VirtualTime(11)
  const open = (options: SqliteBackplaneOptions): Bench =>
    new Bench(driver, { runtime: time.runtime('store'), ...options })

  async function start({ keep, age }: BackplaneStartOptions): Promise<BackplaneBench> {
    const bench = open({
      retention: { age: age ?? 24 * 3_600_000, ...(keep === null ? {} : { count: keep }) },
    })
    const strangers: Bench[] = []
    return {
      node: async () => bench.node(),
      async stranger() {
        const stranger = open({})
        strangers.push(stranger)
        return stranger.node()
      },
      wallTime: () => bench.store.settings.runtime.wallTime(),
      advance: (duration) => time.advance(duration),
      forget: async (stream) => bench.forget(stream),
      wipe: async () => bench.wipe(),
      rollback: async (stream, count) => bench.rollback(stream, count),
      outage: async (_, down) => bench.outage(down),
      loseAnswer: async (node) => bench.loseAnswer(node),
      leftovers: async () => bench.leftovers(),
      async stop() {
        for (const each of [bench, ...strangers]) each.stop()
      },
    }
  }
  const sample = open({})
  const { capabilities } = sample.node()
  sample.stop()
  return {
    name: `sqlite over ${driver.name}`,
    capabilities,
    skip: {
      'presence: out of reach, every operation fails as `unavailable`, and can be repeated':
        'presence is in the memory of the same process, and never out of reach',
    },
    start,
    settle: () => time.advance(100),
  }
}

/** Wraps a node, whose operation fails after it was carried out when `loses` returns `true`. */
function losesAnswers<T extends object>(target: T, loses: () => boolean): T {
  return new Proxy(target, {
    get(of, name) {
      const value: unknown = Reflect.get(of, name)
      if (name === 'sessions' || name === 'presence') return losesAnswers(value as object, loses)
      if (typeof value !== 'function') return value
      return (...parameters: unknown[]) => {
        const answer: unknown = value.apply(of, parameters)
        return loses() ? lost(answer) : answer
      }
    },
  })
}

async function lost(answer: unknown): Promise<never> {
  await answer
  throw new ChatError('unavailable', 'unable to hear the answer')
}
