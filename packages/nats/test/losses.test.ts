import { execFileSync } from 'node:child_process'
import type { Backplane } from '@chat/core/backplane'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { until } from '../../../test-support/brokers/until.ts'
import { Names } from '../src/names.ts'
import { keyOf, messageOf, readAll, send, sendUntilStored } from './support/appends.ts'
import { Nodes } from './support/nodes.ts'
import { withNats } from './support/with-nats.ts'

/** Milliseconds within which messages flow again. */
const patience = 5_000

async function epochOf(node: Backplane, room = '#room'): Promise<string> {
  return (await node.read(room, { after: 0, limit: 1 })).epoch
}

function countReconnects(node: Backplane): () => number {
  let count = 0
  node.onReconnect(() => count++)
  return () => count
}

describe.runIf(withNats)('a server that loses something', () => {
  let nodes: Nodes
  beforeEach(async () => {
    nodes = await Nodes.start()
  })
  afterEach(() => nodes.end())

  test('an ended stream is removed at the end of its time, also when nothing looks at it (P-SM-10)', async () => {
    const node = await nodes.node()
    const before = await nodes.admin.countEntries(nodes.prefix)
    const end = { ...messageOf({ ref: 1 }), event: '$end', keep: 100 }
    expect((await node.append('^n1234567.1/#room', end, keyOf({ ref: 1 }), null)).outcome).toBe('stored')
    expect(await nodes.admin.countEntries(nodes.prefix)).toBe(before + 1)
    await until('the stream to be removed', async () => {
      return (await nodes.admin.countEntries(nodes.prefix)) === before
    })
  })

  test('killed and restarted with file storage: the same epoch, all messages, and repetitions are known', async () => {
    const [a, b] = [await nodes.node(), await nodes.node()]
    const reconnects = [a, b].map(countReconnects)
    for (let ref = 1; ref <= 20; ref++) await send(a, '#room', { ref })
    const epoch = await epochOf(b)
    await nodes.server.kill()
    const during = sendUntilStored(a, '#room', { ref: 21 })
    await nodes.server.restart()
    const start = performance.now()
    await during
    expect(performance.now() - start).toBeLessThan(patience)
    await until('the nodes to be told', () => reconnects.every((count) => count() > 0))
    expect(await epochOf(b)).toBe(epoch)
    expect((await readAll(b, '#room')).map(({ data }) => Number(data))).toEqual(
      Array.from({ length: 21 }, (_, n) => n + 1),
    )
    expect((await sendUntilStored(b, '#room', { ref: 21 })).outcome).toBe('duplicate')
  })

  test('restarted with memory storage: streams are made anew, messages flow within 5 s in a new epoch', async () => {
    const options = { storage: 'memory' } as const
    const [a, b] = [await nodes.node(options), await nodes.node(options)]
    const reconnects = countReconnects(b)
    const heard: string[] = []
    b.tail('#room', ({ entry }) => heard.push(entry.id))
    for (let ref = 1; ref <= 20; ref++) await send(a, '#room', { ref })
    const epoch = await epochOf(b)
    await nodes.server.kill()
    await nodes.server.restart()
    const start = performance.now()
    await sendUntilStored(a, '#room', { ref: 21 })
    expect(performance.now() - start).toBeLessThan(patience)
    await until('the other node to be told', () => reconnects() > 0)
    expect(await epochOf(b)).not.toBe(epoch)
    expect(await epochOf(a)).toBe(await epochOf(b))
    await until('the hint to arrive', async () => {
      await sendUntilStored(a, '#room', { session: 'again', ref: Math.round(performance.now()) })
      return heard.some((id) => id.startsWith('again.'))
    })
  })

  test('streams deleted while all are connected: made anew, a new epoch, and every node is told', async () => {
    const [a, b] = [await nodes.node(), await nodes.node()]
    const reconnects = countReconnects(a)
    for (let ref = 1; ref <= 5; ref++) await send(a, '#room', { ref })
    const epoch = await epochOf(b)
    await nodes.admin.deleteStreams(nodes.prefix)
    const start = performance.now()
    await sendUntilStored(a, '#room', { ref: 6 })
    expect(performance.now() - start).toBeLessThan(patience)
    await until('the node to be told', () => reconnects() > 0)
    expect(await epochOf(b)).not.toBe(epoch)
    expect((await readAll(b, '#room')).map(({ id }) => id)).toEqual(['s1.6'])
    // Keys went with the log.
    expect((await send(b, '#room', { ref: 2, session: 's2' })).outcome).toBe('stored')
  })

  test('streams purged while all are connected: a new epoch, never an offset twice in an epoch', async () => {
    const [a, b] = [await nodes.node(), await nodes.node()]
    const stored = []
    for (let ref = 1; ref <= 5; ref++) stored.push(await send(a, '#room', { ref }))
    await nodes.admin.purgeStreams(nodes.prefix)
    const after = await send(a, '#room', { ref: 6 })
    const page = await b.read('#room', { after: 0, limit: 100 })
    expect(page.entries.map(({ id }) => id)).toEqual(['s1.6'])
    expect(after.outcome === 'stored' && after.epoch).toBe(page.epoch)
    expect(stored.map((one) => one.outcome === 'stored' && one.epoch)).not.toContain(page.epoch)
  })

  test('a message deleted by an operator: the log begins anew behind the hole, and nobody reads over it', async () => {
    const [a, b] = [await nodes.node(), await nodes.node()]
    const offsets: number[] = []
    for (let ref = 1; ref <= 9; ref++) {
      const stored = await send(a, '#room', { ref })
      if (stored.outcome === 'stored') offsets.push(stored.at)
    }
    const epoch = await epochOf(b)
    const sequence = Math.floor((offsets[4] ?? 0) / 1_024)
    await nodes.admin.call(`STREAM.MSG.DELETE.${nodes.prefix}_log`, { seq: sequence })
    const page = await b.read('#room', { after: offsets[1] ?? 0, limit: 100 })
    expect(page.epoch).not.toBe(epoch)
    expect([page.entries, page.base, page.top]).toEqual([[], offsets[8], offsets[8]])
    const next = await send(a, '#room', { ref: 10 })
    expect(next.outcome === 'stored' && next.epoch).toBe(page.epoch)
    expect((await readAll(b, '#room')).map(({ id }) => id)).toEqual(['s1.10'])
  })

  test('a redacted message is erased from the disk', async () => {
    const node = await nodes.node()
    const secret = 'SECRET-OF-ALICE'
    const stored = await send(node, '#room', { ref: 1, data: secret })
    await send(node, '#room', { ref: 2, data: 'KEPT-FOR-ALL' })
    if (stored.outcome !== 'stored') throw new Error(stored.outcome)
    expect(await node.redact('#room', [stored.epoch, stored.at, stored.id])).toBe(true)
    expect((await readAll(node, '#room')).map(({ event }) => event)).toEqual(['$redacted', 'say'])
    expect((await send(node, '#room', { ref: 1, data: secret })).outcome).toBe('duplicate')
    await nodes.server.process.kill('SIGTERM')
    expect(found('KEPT-FOR-ALL', nodes.server.folder)).toBe(true)
    expect(found(secret, nodes.server.folder)).toBe(false)
    await nodes.server.restart()
    expect((await readAll(await nodes.node(), '#room')).map(({ event }) => event)).toEqual([
      '$redacted',
      'say',
    ])
  })

  test('redacted messages at the start, in the middle and at the end, also several in one', async () => {
    const node = await nodes.node()
    const stored = await Promise.all(
      Array.from({ length: 12 }, (_, n) => send(node, '#room', { ref: n + 1 })),
    )
    for (let ref = 13; ref <= 40; ref++) stored.push(await send(node, '#room', { ref }))
    const before = await readAll(node, '#room')
    const redacted = [0, 1, 5, 6, 20, 21, 22, 39]
    for (const n of redacted) {
      const one = stored[n]
      if (one?.outcome === 'stored')
        expect(await node.redact('#room', [one.epoch, one.at, one.id])).toBe(true)
    }
    const emptied = { event: '$redacted', data: 'null', meta: null }
    const after = before.map((entry, n) => (redacted.includes(n) ? { ...entry, ...emptied } : entry))
    expect(await readAll(node, '#room')).toEqual(after)
    for (const [n, { at, id }] of after.entries()) {
      const page = await node.read('#room', { after: at, limit: 5 })
      expect(page.entries).toEqual(after.slice(n + 1, n + 6))
      expect([page.afterId, page.behind.messages, page.base]).toEqual([id, 39 - n, 0])
      for (const limit of [5, 30]) {
        const back = await node.read('#room', { before: at, limit })
        expect(back.entries).toEqual(after.slice(Math.max(0, n - limit), n))
      }
    }
    const cold = await nodes.node()
    expect((await send(cold, '#room', { ref: 40 })).outcome).toBe('duplicate')
    expect((await send(cold, '#room', { ref: 1 })).outcome).toBe('duplicate')
    expect((await send(cold, '#room', { ref: 41 })).outcome).toBe('stored')
  })

  test('messages of another program: hints are dropped, and a log that has one is not read over it', async () => {
    const node = await nodes.node()
    const names = new Names(nodes.prefix)
    await send(node, '#room', { ref: 1 })
    const heard: unknown[] = []
    node.tail('#room', ({ entry }) => heard.push(entry.id))
    node.presence.watch('#room', (hint) => heard.push(hint))
    for (const subject of [names.hints('#room'), names.roomHints('#room')])
      for (const text of ['', 'x', '{}\n', '[1,2,3]', 'null']) nodes.admin.publish(subject, text)
    await send(node, '#room', { ref: 2 })
    await until('the hint to arrive', () => heard.includes('s1.2'))
    expect(heard).toEqual(['s1.2'])
    await nodes.admin.store(names.log('#other'), 'garbage')
    await expect(readAll(node, '#other')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('is of another program'),
    })
    expect((await readAll(node, '#room')).map(({ id }) => id)).toEqual(['s1.1', 's1.2'])
  })

  test('pages leave no consumer behind', async () => {
    const node = await nodes.node()
    for (let ref = 1; ref <= 300; ref++) await send(node, '#room', { ref })
    await Promise.all(Array.from({ length: 30 }, () => node.read('#room', { after: 0, limit: 256 })))
    await until(
      'the consumers to be gone',
      async () => (await nodes.admin.countConsumers(nodes.prefix)) === 0,
    )
  })

  test('prefixes of which one begins as the other are separate', async () => {
    const prefixes = [nodes.prefix, `${nodes.prefix}_log`, `${nodes.prefix}-1`]
    const all = await Promise.all(prefixes.map((prefix) => nodes.node({ prefix })))
    for (const [n, node] of all.entries()) await send(node, '#room', { ref: 1, data: prefixes[n] })
    for (const [n, node] of all.entries())
      expect((await readAll(node, '#room')).map(({ data }) => JSON.parse(data))).toEqual([prefixes[n]])
    expect(new Names(nodes.prefix).logStream).not.toBe(new Names(`${nodes.prefix}_log`).logStream)
  })
})

/** Tells whether a text is in a file of a folder. */
function found(text: string, folder: string): boolean {
  try {
    execFileSync('grep', ['-rqF', text, folder])
    return true
  } catch {
    return false
  }
}
