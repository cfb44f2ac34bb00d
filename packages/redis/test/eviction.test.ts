import type { Backplane, LogPage } from '@chat/core/backplane'
import { describe, expect, test } from 'vitest'
import { startNode, startServer } from './support/node.ts'
import { withRedis } from './support/with-redis.ts'

describe.runIf(withRedis)('a server that evicts keys', () => {
  test('with allkeys-lru and little memory, readers see every message or another epoch', async () => {
    const server = await startServer({ args: ['--maxmemory', '6mb', '--maxmemory-policy', 'allkeys-lru'] })
    const node = await startNode({ url: server.url })
    const last = new Map<string, { epoch: string; at: number }>()
    for (let n = 0; n < 600; n++) {
      const stream = `#room-${n % 20}`
      const message = { event: 'say', data: `"${'x'.repeat(20_000)}"`, meta: null, from: null, id: `n.${n}` }
      const append = { user: '', session: 'n', ref: n + 1, hash: 'h', window: 16, by: 'n' }
      const stored = await node.append(stream, message, append)
      if (stored.outcome !== 'stored') throw new Error(stored.outcome)
      const page = await node.read(stream, { after: 0, limit: 1_000 })
      const before = last.get(stream)
      if (before?.epoch === stored.epoch) expect(stored.at).toBe(before.at + 1)
      const count = await countEntries(node, stream, page)
      if (count !== null) expect(page.top - page.base).toBe(count)
      last.set(stream, { epoch: stored.epoch, at: stored.at })
    }
    expect(Number(/evicted_keys:(\d+)/.exec(await server.command('INFO', 'stats'))?.[1])).toBeGreaterThan(0)
  }, 60_000)
})

/** Counts the entries of a log from its first page on; `null` when a key was evicted meanwhile. */
async function countEntries(node: Backplane, stream: string, first: LogPage): Promise<number | null> {
  let count = 0
  for (let page = first; ; ) {
    count += page.entries.length
    if (!page.more) return count
    page = await node.read(stream, { after: page.entries.at(-1)?.at ?? 0, limit: 1_000 })
    if (page.epoch !== first.epoch) return null
  }
}
