import type { Backplane } from '@chat/core/backplane'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { send } from './support/appends.ts'
import { Nodes } from './support/nodes.ts'
import { withNats } from './support/with-nats.ts'

/** Prints a figure of the README's table of sizes. */
const report = (name: string, value: string): void => console.log(`  ${name.padEnd(52)} ${value}`)

const data = 'x'.repeat(126)

describe.runIf(withNats)('bytes on the server, and time', () => {
  let nodes: Nodes
  let node: Backplane
  beforeEach(async () => {
    nodes = await Nodes.start()
    node = await nodes.node()
  })
  afterEach(() => nodes.end())

  async function stored(stream: string): Promise<number> {
    type Info = { readonly state: { readonly bytes: number } }
    return (await nodes.admin.call<Info>(`STREAM.INFO.${nodes.prefix}_${stream}`)).state.bytes
  }

  async function memory(): Promise<number> {
    const answer = await fetch(`http://127.0.0.1:${nodes.server.monitoring}/varz`)
    return ((await answer.json()) as { mem: number }).mem
  }

  /** Runs operations, of which so many are open at once; returns the microseconds of each. */
  async function timed(count: number, atOnce: number, run: (n: number) => unknown): Promise<number> {
    const start = performance.now()
    let next = 0
    const lane = async (): Promise<void> => {
      while (next < count) await run(next++)
    }
    await Promise.all(Array.from({ length: atOnce }, lane))
    return ((performance.now() - start) * 1_000) / count
  }

  test('messages', async () => {
    const count = 2_000
    const alone = await timed(count, 1, (n) => send(node, '#one', { ref: n + 1, data }))
    report(
      'a message of 128 B, sent alone',
      `${Math.round((await stored('log')) / count)} B, ${alone.toFixed(0)} µs`,
    )
    const before = await stored('log')
    const together = await timed(count, 256, (n) => send(node, '#many', { ref: n + 1, data }))
    const bytes = Math.round(((await stored('log')) - before) / count)
    report('a message of 128 B, 256 open in one room', `${bytes} B, ${together.toFixed(0)} µs`)
    const rooms = await timed(4 * count, 256, (n) => send(node, `#room-${n % 50}`, { ref: n + 1, data }))
    report('a message of 128 B, 256 open in 50 rooms', `${rooms.toFixed(0)} µs`)
    const page = await timed(50, 1, () => node.read('#one', { after: 0, limit: 256 }))
    report('a page of 256', `${page.toFixed(0)} µs`)
    const newest = await timed(200, 1, () => node.read('#one', { before: null, limit: 1 }))
    report('the newest message', `${newest.toFixed(0)} µs`)
    const heads = await timed(10, 1, () =>
      node.heads(Array.from({ length: 500 }, (_, n) => `#room-${n % 50}`)),
    )
    report('a head, 500 asked for at once', `${(heads / 500).toFixed(0)} µs`)
    expect(bytes).toBeLessThan(500)
  }, 60_000)

  test('logs that are only read', async () => {
    const [count, before] = [20_000, await memory()]
    const each = await timed(count, 64, (n) => node.heads([`#idle-${n}`]))
    const bytes = (await stored('log')) / count
    const resident = ((await memory()) - before) / count
    report(
      'a log that is only read',
      `${Math.round(bytes)} B on disk, ${Math.round(resident)} B of memory, ${each.toFixed(0)} µs`,
    )
    expect(bytes).toBeLessThan(400)
  }, 60_000)

  test('sessions', async () => {
    const count = 2_000
    const secret = 'f'.repeat(64)
    const { sessions } = node
    const record = (n: number) => ({ id: `session-${n}`, user: `user-${n % 100}`, secret })
    const put = await timed(count, 16, (n) => sessions.put(record(n), 'node0001', 120_000))
    const bytes = Math.round((await stored('sessions')) / count)
    const take = await timed(count, 16, (n) =>
      sessions.take(
        record(n).id,
        { user: record(n).user, secret, n: 1, next: secret, node: 'node0002' },
        120_000,
      ),
    )
    const renew = await timed(count, 16, (n) => sessions.renew(record(n), 2, n, 120_000))
    report(
      'a session',
      `${bytes} B; put ${put.toFixed(0)}, take ${take.toFixed(0)}, renew ${renew.toFixed(0)} µs`,
    )
    expect(bytes).toBeLessThan(700)
  }, 60_000)

  test('members', async () => {
    const { presence } = node
    const lease = { ttl: 120_000, keep: 0 }
    const record = (n: number) => ({
      ...{ session: `session-${n}-0123456789`, user: `user-${n}`, state: '{"mood":"fine"}' },
      ...{ generation: 1, node: 'node0001' },
    })
    for (let n = 0; n < 1_000; n += 100)
      await presence.enter(
        '#room',
        Array.from({ length: 100 }, (_, i) => record(n + i)),
        lease,
      )
    const bytes = Math.round((await stored('presence')) / 1_000)
    const enter = await timed(100, 1, (n) =>
      presence.enter('#room', [{ ...record(n), state: `${n}` }], lease),
    )
    const look = await timed(100, 1, () => presence.members('#room', null))
    report(
      'a member of a room of 1 000',
      `${bytes} B; a change ${enter.toFixed(0)}, a look ${look.toFixed(0)} µs`,
    )
    expect(bytes).toBeLessThan(190)
  }, 60_000)
})
