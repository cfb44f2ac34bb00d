import { expect, test } from 'vitest'
import { limits, play, type Stage } from '../../support/fake-hub.ts'

/** What the hub has been cast, on the newest connection: address and data. */
const casts = (stage: Stage): unknown[][] =>
  stage.hub
    .at()
    .of('cast')
    .map(([, address, , data]) => [address, data])

test('made without a connection, the newest cast of each key is written on the next connection, and casts without a key are dropped', () =>
  play(async (stage) => {
    const client = await stage.connected()
    stage.hub.at().cut()
    await stage.advance(0)
    for (const x of [1, 2, 3]) {
      client.to('#a').cast('cursor', `a ${x}`, { key: 'k' })
      client.to('#a').cast('typing', `other ${x}`, { key: 'other' })
      client.to('#b').cast('cursor', `b ${x}`, { key: 'k' })
      client.to('#a').cast('cursor', `lost ${x}`)
    }
    await stage.advance(3_000)
    expect(casts(stage)).toEqual([
      ['#a', 'a 3'],
      ['#a', 'other 3'],
      ['#b', 'b 3'],
    ])
    expect(stage.hub.at().types.slice(0, 2)).toEqual(['hello', 'pong'])
  }))

test('made before the first connection it waits for it', () =>
  play(async (stage) => {
    const client = stage.client()
    client.to('#a').cast('typing', true, { key: 'k' })
    client.to('#a').cast('typing', false, { key: 'k' })
    await stage.settle()
    expect(casts(stage)).toEqual([['#a', false]])
  }))

test('over the rate the newest goes out as soon as there is room, and sends go first', () =>
  play(async (stage) => {
    stage.hub.storeSends()
    stage.hub.welcome = { limits: { ...limits, rate: 1, burst: 3 } }
    const client = await stage.connected()
    for (let i = 0; i < 10; i++) client.to('#a').cast('cursor', i, { key: 'k' })
    await stage.settle()
    expect(casts(stage).map(([, x]) => x)).toEqual([0, 1, 2])
    const outcome = stage.watch(client.to('#a').send('say', 1))
    await stage.advance(1_100)
    expect([outcome.state, casts(stage).length]).toEqual(['resolved', 3])
    await stage.advance(1_000)
    expect(casts(stage).map(([, x]) => x)).toEqual([0, 1, 2, 9])
    await stage.advance(10_000)
    expect(casts(stage)).toHaveLength(4)
  }))

test('while the transport waits for the hub only the newest waits', () =>
  play(async (stage) => {
    const client = await stage.connected()
    stage.hub.at().connection.pause()
    for (let i = 0; i < 50; i++) {
      stage.watch(client.to('#a').send('say', 'x'.repeat(60_000)))
      await stage.settle()
    }
    for (let i = 0; i < 10; i++) client.to('#a').cast('cursor', i, { key: 'k' })
    client.to('#a').cast('cursor', 'dropped')
    await stage.settle()
    stage.hub.at().connection.resume()
    await stage.settle()
    expect(casts(stage)).toEqual([['#a', 9]])
  }))

test('wait for the next connection after the hub’s bye', () =>
  play(async (stage) => {
    const client = await stage.connected()
    stage.hub.at().write(['bye', 4001, 'moving'])
    await stage.settle()
    client.to('#a').cast('cursor', 1, { key: 'k' })
    await stage.settle()
    expect(casts(stage)).toEqual([])
    stage.hub.at().close(4001)
    await stage.advance(3_000)
    expect(casts(stage)).toEqual([['#a', 1]])
  }))

test('casts of a user are not written for another user (P-HS-8)', () =>
  play(async (stage) => {
    const client = await stage.connected()
    stage.hub.at().cut()
    await stage.advance(0)
    client.to('#a').cast('cursor', 'alice’s', { key: 'k' })
    stage.hub.welcome = { user: 'bob', resumed: false }
    await stage.advance(3_000)
    client.to('#a').cast('cursor', 'bob’s', { key: 'k' })
    await stage.settle()
    expect(casts(stage)).toEqual([['#a', 'bob’s']])
  }))

test('of more keys than may wait the newest do, by number and by size (I13)', () =>
  play(async (stage) => {
    const client = await stage.connected()
    const away = async (cast: () => void): Promise<unknown[]> => {
      stage.hub.at().cut()
      await stage.advance(0)
      cast()
      await stage.advance(3_000)
      return casts(stage).map(([, data]) => data)
    }
    const many = await away(() => {
      for (let i = 1; i <= 1_000; i++) client.to('#a').cast('cursor', i, { key: `${i}` })
    })
    expect(many).toEqual(Array.from({ length: 256 }, (_, i) => 745 + i))
    const large = await away(() => {
      for (let i = 1; i <= 10; i++) client.to('#a').cast('cursor', i + 'x'.repeat(20_000), { key: `${i}` })
    })
    expect(large.map((text) => Number.parseInt(text as string, 10))).toEqual([8, 9, 10])
  }))

test('a cast that has become too large for the hub is dropped, and the rest are written', () =>
  play(async (stage) => {
    stage.hub.welcome = { limits: { ...limits, frame: 200 } }
    const client = stage.client()
    client.to('#a').cast('cursor', 'x'.repeat(300), { key: 'large' })
    client.to('#a').cast('cursor', 'small', { key: 'small' })
    await stage.settle()
    expect(casts(stage)).toEqual([['#a', 'small']])
    expect(client.status).toBe('connected')
  }))
