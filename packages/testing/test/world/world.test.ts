import { world } from '@chat/testing'
import { expect, test } from 'vitest'
import { open } from '../support/clients.ts'

test('a client catches up after a tunnel, in order and once', () =>
  world({ seed: 7 }, async (w) => {
    const hub = w.hub(open)
    const alice = await w.client(hub, 'alice')
    const bob = await w.client(hub, 'bob')
    await bob.join('#general').ready
    w.link(bob).cut('45s')
    for (let i = 0; i < 20; i++) await alice.to('#general').send('say', { i })
    expect(w.seen(bob, '#general')).toHaveLength(0)
    await w.advance('60s')
    expect(w.seen<{ i: number }>(bob, '#general').map(({ data }) => data.i)).toEqual([...Array(20).keys()])
    expect(w.gaps(bob, '#general')).toEqual([])
  }))

test('settling waits for work under way, and not for heartbeats and deadlines', () =>
  world({ seed: 3 }, async (w) => {
    const hub = w.hub(open)
    const alice = await w.client(hub, 'alice')
    const bob = await w.client(hub, 'bob')
    await bob.join('#general').ready
    alice
      .to('#general')
      .send('say', 'hello')
      .catch(() => {})
    await w.settle()
    expect(w.seen(bob, '#general')).toHaveLength(1)
    expect(w.now).toBeLessThan(1_000)
  }))

test('I13: a hub that has crashed holds no resources of the store, even when its policy answers late', () =>
  world({}, async (w) => {
    const { timer } = w.runtime('policy')
    const authorize = (): Promise<boolean> =>
      new Promise((resolve) => {
        timer(100, () => resolve(true))
      })
    const hub = w.hub({ ...open, authorize })
    const alice = await w.client(hub, 'alice')
    const { ready } = alice.join('#general')
    await w.advance(50)
    w.crash(hub, { restart: '1s' })
    await ready
    await w.advance('1s')
  }))

test('a hub that was to start again after the end of its world stays away', () =>
  world({}, async (w) => {
    const hub = w.hub(open)
    await w.client(hub, 'alice')
    w.crash(hub, { restart: '5s' })
  }))
