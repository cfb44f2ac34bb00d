import type { AppendResult } from '@chat/core/backplane'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readAll, send } from './support/appends.ts'
import { Nodes } from './support/nodes.ts'
import { withNats } from './support/with-nats.ts'

describe.runIf(withNats)('several nodes write to one log at once', () => {
  let nodes: Nodes
  beforeEach(async () => {
    nodes = await Nodes.start()
  })
  afterEach(() => nodes.end())

  test('six writers: nothing twice, each in its order, and the chain has no hole', async () => {
    const writers = await Promise.all(Array.from({ length: 6 }, () => nodes.node()))
    const count = 60
    const answers = await Promise.all(
      writers.map(async (writer, n) => {
        const own: AppendResult[] = []
        for (let ref = 1; ref <= count; ref++)
          own.push(await send(writer, '#room', { session: `s${n}`, ref, data: `${n}/${ref}` }))
        return own
      }),
    )
    expect(new Set(answers.flat().map(({ outcome }) => outcome))).toEqual(new Set(['stored']))
    const reader = await nodes.node()
    const entries = await readAll(reader, '#room')
    expect(new Set(entries.map(({ id }) => id)).size).toBe(6 * count)
    expect(entries).toHaveLength(6 * count)
    for (const n of writers.keys())
      expect(entries.filter(({ id }) => id.startsWith(`s${n}.`)).map(({ data }) => JSON.parse(data))).toEqual(
        Array.from({ length: count }, (_, i) => `${n}/${i + 1}`),
      )
    const { behind, epoch } = await reader.read('#room', { after: 0, limit: 1 })
    expect(behind.messages).toBe(6 * count)
    for (const answer of answers.flat()) if (answer.outcome === 'stored') expect(answer.epoch).toBe(epoch)
    const times = entries.map(({ time }) => time)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
  })

  test('what waits while a message is on its way goes together: 500 appends take far fewer messages', async () => {
    const [writer, other] = [await nodes.node(), await nodes.node()]
    const refs = Array.from({ length: 500 }, (_, n) => n + 1)
    const pending = refs.map((ref) => send(writer, '#room', { ref }))
    await Promise.all([
      ...pending,
      ...refs.slice(0, 20).map((ref) => send(other, '#room', { session: 's2', ref })),
    ])
    const entries = await readAll(other, '#room')
    expect(entries.filter(({ id }) => id.startsWith('s1.')).map(({ data }) => Number(data))).toEqual(refs)
    const { state } = await nodes.admin.call<{ state: { messages: number } }>(
      `STREAM.INFO.${nodes.prefix}_log`,
    )
    expect(state.messages).toBeLessThan(60)
    // Pages begin and end in the middle of a message.
    for (const [n, { at }] of entries.entries()) {
      if (n % 37 !== 0) continue
      const page = await other.read('#room', { after: at, limit: 10 })
      expect(page.entries).toEqual(entries.slice(n + 1, n + 11))
      expect([page.afterId, page.behind.messages]).toEqual([entries[n]?.id, entries.length - n - 1])
      const back = await other.read('#room', { before: at, limit: 70 })
      expect(back.entries).toEqual(entries.slice(Math.max(0, n - 70), n))
    }
  })

  test('a cold node knows the keys of the window, also from a long log', async () => {
    const writer = await nodes.node()
    for (let round = 0; round < 20; round++)
      await Promise.all(
        Array.from({ length: 50 }, (_, n) => send(writer, '#room', { session: `s${n}`, ref: round + 1 })),
      )
    const cold = await nodes.node()
    const again = await send(cold, '#room', { session: 's7', ref: 1 })
    expect(again.outcome).toBe('duplicate')
    expect((await send(cold, '#room', { session: 's7', ref: 1, data: 'other' })).outcome).toBe('conflict')
    expect((await send(cold, '#room', { session: 's7', ref: 21 })).outcome).toBe('stored')
    expect(await nodes.admin.countConsumers(nodes.prefix)).toBe(0)
  })

  test('a node that slept while more was written than is kept starts from what is left', async () => {
    const options = { retention: { count: 20 } }
    const [sleeper, writer] = [await nodes.node(options), await nodes.node(options)]
    await send(sleeper, '#room', { session: 'sleeper', ref: 1 })
    for (let ref = 1; ref <= 50; ref++) await send(writer, '#room', { ref })
    const stored = await send(sleeper, '#room', { session: 'sleeper', ref: 2 })
    const page = await writer.read('#room', { after: 0, limit: 100 })
    expect(page.entries).toHaveLength(20)
    expect([page.epoch, page.top]).toEqual([
      stored.outcome === 'stored' && stored.epoch,
      stored.outcome === 'stored' && stored.at,
    ])
    expect((await send(sleeper, '#room', { ref: 50 })).outcome).toBe('duplicate')
  })
})
