import { Hub, systemRuntime } from '@chat/core'
import { MemoryBackplane, MemoryStore } from '@chat/core/memory'
import { VirtualTime, world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { altered, paths, stage } from '../../support/stage.ts'

const open = {
  authenticate: ({ token }: { token: string | null }) => ({ id: token ?? '' }),
  authorize: () => true,
}

describe.each(paths)('living nodes, with a backplane that is %s', (path) => {
  test('P-ND-1: every hub lists all hubs of its backplane, itself among them', async () => {
    const s = stage({ path })
    const second = s.another()
    await s.settle()
    for (const hub of [s.hub, second]) {
      const listed = hub.nodes()
      await s.settle()
      expect((await listed).toSorted()).toEqual([s.hub.node, second.node].toSorted())
    }
  })

  test('P-ND-1: a hub is listed for as long as it lives, without presence and without connections', async () => {
    const s = stage({ path })
    const second = s.another()
    await s.advance(600_000)
    const listed = s.hub.nodes()
    await s.settle()
    expect(await listed).toContain(second.node)
  })

  test('P-ND-1: a hub that closes leaves the list at once', async () => {
    const s = stage({ path })
    const second = s.another()
    await s.settle()
    const closed = second.close()
    await s.settle()
    await closed
    const listed = s.hub.nodes()
    await s.settle()
    expect(await listed).toEqual([s.hub.node])
  })

  test('P-ND-1: a hub that the store has forgotten is listed again within ten seconds', async () => {
    const s = stage({ path })
    const second = s.another()
    await s.settle()
    s.store.presence.clear()
    await s.advance(11_000)
    const listed = s.hub.nodes()
    await s.settle()
    expect(await listed).toContain(second.node)
  })

  test('a closed hub leaves nothing in the store', async () => {
    const s = stage({ path })
    await s.settle()
    const closed = s.hub.close()
    await s.settle()
    await closed
    expect(s.store.usage).toMatchObject({ presence: 0, bytes: 0, tails: 0, channels: 0 })
  })
})

test('P-ND-1: a node that has crashed leaves the list when its lease is over, within thirty seconds', () =>
  world({}, async (w) => {
    const [first, second] = [w.hub(open), w.hub(open)]
    await w.settle()
    w.crash(second)
    await w.advance('19s')
    expect(await first.nodes()).toHaveLength(2)
    await w.advance('12s')
    expect(await first.nodes()).toEqual([first.node])
  }))

test('P-ND-1: a hub that starts while the backplane is out of reach is listed once it is back', () =>
  world({}, async (w) => {
    const first = w.hub(open)
    await w.settle()
    w.backplane.outage('20s')
    await w.advance('1s')
    const second = w.hub(open)
    await w.advance('19.5s')
    expect(await first.nodes()).toContain(second.node)
  }))

test('nodes() rejects with `unavailable` when the backplane is out of reach', async () => {
  const s = stage({
    wrap: (real) =>
      altered(real, {
        presence: {
          ...real.presence,
          members: () => {
            throw new Error('gone')
          },
        },
      }),
  })
  await expect(s.hub.nodes()).rejects.toMatchObject({ code: 'unavailable' })
})

test('one renewal keeps the node listed and its sessions present', async () => {
  const time = new VirtualTime()
  const store = new MemoryStore(time.runtime('store'))
  const real = new MemoryBackplane(store)
  const renewed: number[] = []
  const presence = {
    ...real.presence,
    lease: (...given: Parameters<typeof real.presence.lease>) => {
      renewed.push(time.now)
      return real.presence.lease(...given)
    },
  }
  const hub = new Hub({
    backplane: altered(real, { presence }),
    presence: {},
    runtime: time.runtime('hub'),
    ...open,
  })
  await time.advance(60_000)
  expect(renewed).toEqual([0, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000])
  await hub.close()
})

test('a hub without a backplane is alone: it lists itself, and runs no timer for it', async () => {
  const time = new VirtualTime()
  const hub = new Hub({ runtime: time.runtime('hub'), ...open })
  expect(await hub.nodes()).toEqual([hub.node])
  expect(time.pending).toBe(0)
  const real = new Hub({ runtime: systemRuntime, ...open })
  expect(await real.nodes()).toEqual([real.node])
})
