import type { WireFrame } from '@chat/testing/conformance'
import { describe, expect, test } from 'vitest'
import { hello } from '../../support/raw-client.ts'
import { nobody, ScriptedConnection } from '../../support/scripted-connection.ts'
import { altered, paths, position, type Stage, stage } from '../../support/stage.ts'

/** Limits that no test of this file meets. */
const limits = { rate: 1e6, burst: 1e6, inflight: 1e6, rooms: 1e6, catchUpRate: 1e6, catchUpBurst: 1e6 }

/** Counts events by the turn of the event loop in which they happen. */
class TurnCounter {
  readonly #counts = new Map<number, number>()
  readonly #turn: () => number

  constructor(turn: () => number) {
    this.#turn = turn
  }

  count(): void {
    const turn = this.#turn()
    this.#counts.set(turn, (this.#counts.get(turn) ?? 0) + 1)
  }

  get most(): number {
    return Math.max(0, ...this.#counts.values())
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0)
  }
}

/** Connections that all write in the same moment. */
function write(s: Stage, transmissions: readonly (readonly WireFrame[])[]): ScriptedConnection[] {
  return transmissions.map((frames) => {
    const connection = new ScriptedConnection()
    s.hub.accept(connection, nobody)
    connection.deliver(frames.map((frame) => JSON.stringify(frame)).join('\n'))
    return connection
  })
}

/** Connections that are welcomed. */
async function welcomed(s: Stage, names: readonly string[]): Promise<ScriptedConnection[]> {
  const connections = write(
    s,
    names.map((name) => [hello(name)]),
  )
  await s.settle()
  return connections
}

const calls = (count: number, from = 1): string =>
  Array.from({ length: count }, (_, i) => JSON.stringify(['call', from + i, 'note', from + i])).join('\n')

const rooms = (count: number): Record<string, null> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`#${i}`, null]))

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `user ${i}`)

describe('frames of many connections', () => {
  test('P-LV-9: a transmission of thousands of frames does not hold up another connection', async () => {
    const s = stage({ limits })
    const noted: string[] = []
    s.hub.handle('note', (n, { user }) => void noted.push(`${user.id} ${n}`))
    const [mallory, alice] = await welcomed(s, ['mallory', 'alice'])
    mallory?.deliver(calls(5_000))
    alice?.deliver(calls(1))
    await s.settle()
    expect(noted).toHaveLength(5_001)
    expect(noted.indexOf('alice 1')).toBeLessThan(300)
  })

  test('P-LV-9: no turn executes more than some hundred frames, whoever sends them', async () => {
    const s = stage({ limits })
    const turns = new TurnCounter(() => s.time.steps)
    s.hub.handle('note', () => turns.count())
    const crowd = await welcomed(s, names(40))
    for (const connection of crowd) connection.deliver(calls(300))
    await s.settle()
    expect(turns.total).toBe(12_000)
    expect(turns.most).toBeLessThan(400)
  })

  test('P-PB-9: the frames of a connection keep their order, over all its transmissions', async () => {
    const s = stage({ limits })
    const noted: unknown[] = []
    s.hub.handle('note', (n) => void noted.push(n))
    const [alice, bob] = await welcomed(s, ['alice', 'bob'])
    bob?.deliver(calls(1_000, 1_000_000))
    for (let i = 0; i < 10; i++) alice?.deliver(calls(200, 1 + i * 200))
    await s.settle()
    expect(noted.filter((n) => (n as number) < 1_000_000)).toEqual(
      Array.from({ length: 2_000 }, (_, i) => i + 1),
    )
  })

  test('P-LV-4: while frames wait for their turn, the transport reads no more, and goes on afterwards', async () => {
    const s = stage({ limits })
    s.hub.handle('note', () => {})
    const [alice] = await welcomed(s, ['alice'])
    alice?.deliver(calls(1_000))
    expect(alice?.paused).toBe(false)
    alice?.deliver(calls(10, 2_000))
    expect(alice?.paused).toBe(true)
    await s.settle()
    expect(alice?.paused).toBe(false)
    expect(alice?.frames.filter(([type]) => type === 'ok')).toHaveLength(1_010)
  })

  test('a connection that ends while its frames wait executes none of them', async () => {
    const s = stage({ limits })
    let noted = 0
    s.hub.handle('note', () => void noted++)
    const [alice] = await welcomed(s, ['alice'])
    alice?.deliver(calls(1_000))
    alice?.lose()
    const before = noted
    await s.settle()
    expect(noted).toBe(before)
    expect(s.errors).toEqual([])
  })
})

describe.each(paths)('work that costs much, with a backplane that is %s', (path) => {
  test('P-LV-9: no turn asks the policy for more rooms than a few, when many clients say hello at once', async () => {
    const turns = new TurnCounter(() => s.time.steps)
    const authorize = (): boolean => {
      turns.count()
      return true
    }
    const s: Stage = stage({ path, limits, authorize })
    const crowd = write(
      s,
      names(50).map((name) => [hello(name, { streams: rooms(100) })]),
    )
    await s.settle()
    expect(crowd.every((connection) => connection.frames[0]?.[0] === 'welcome')).toBe(true)
    expect(turns.total).toBe(5_000)
    expect(turns.most).toBeLessThanOrEqual(400)
  })

  test('P-LV-9: no turn renews the credentials of more than a few clients', async () => {
    const turns = new TurnCounter(() => s.time.steps)
    const authorize = (): boolean => {
      turns.count()
      return true
    }
    const s: Stage = stage({ path, limits, authorize })
    const crowd = write(
      s,
      names(20).map((name) => [hello(name, { streams: rooms(100) })]),
    )
    await s.settle()
    for (const [i, connection] of crowd.entries())
      connection.deliver(
        Array.from({ length: 10 }, (_, n) => JSON.stringify(['auth', n + 1, `user ${i}`])).join('\n'),
      )
    await s.settle()
    expect(turns.total).toBe(22_000)
    expect(turns.most).toBeLessThanOrEqual(1_000)
  })

  test('P-LV-9: clients that resume far behind are served in turn: none waits for the whole replay of another', async () => {
    const s = stage({ path, limits })
    const sent = await s.publish('#long', ...Array.from({ length: 9_000 }, (_, i) => i))
    const [first] = await s.publish('#short', 0)
    await s.publish('#short', 1)
    const crowd = write(s, [
      ...names(10).map((name) => [hello(name, { streams: { '#long': position(sent[0] ?? {}) } })]),
      [hello('alice', { streams: { '#short': position(first ?? {}) } })],
    ])
    const alice = crowd.at(-1)
    const messages = (connection: ScriptedConnection | undefined): number =>
      connection?.frames.filter(([type]) => type === 'msg').length ?? 0
    while (messages(alice) === 0) await s.time.runNext()
    for (const connection of crowd.slice(0, -1)) expect(messages(connection)).toBeLessThan(8_999)
    await s.settle()
    expect(crowd.slice(0, -1).map(messages)).toEqual(Array(10).fill(8_999))
  })

  test('P-LV-9: no turn reads more pages of history than a few', async () => {
    const turns = new TurnCounter(() => s.time.steps)
    const s: Stage = stage({
      path,
      limits,
      wrap: (backplane) =>
        altered(backplane, {
          read: (stream, range) => {
            if (stream === '#a') turns.count()
            return backplane.read(stream, range)
          },
        }),
    })
    await s.publish('#a', ...Array.from({ length: 300 }, (_, i) => i))
    const crowd = await welcomed(s, names(100))
    for (const [i, connection] of crowd.entries())
      connection.deliver(JSON.stringify(['read', 1, '#a', { before: 300 - i, limit: 50 }]))
    await s.settle()
    expect(crowd.every((connection) => connection.frames.at(-1)?.[0] === 'ok')).toBe(true)
    expect(turns.total).toBe(100)
    // A page is encoded in the turn in which its read is answered.
    expect(turns.most).toBeLessThanOrEqual(path === 'synchronous' ? 20 : 64)
  })
})
