import { type Client, type Gap, type Room, readMessages, restoreFrom, type Untyped } from '@chat/core'
import { world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { live, msg, play, type RawFrame, replay, type Stage } from '../../support/fake-hub.ts'

/** Returns the list of what an address says from now on: data of `say`, and gaps. */
function hear(given: Pick<Client<Untyped>, 'on'> | Pick<Room<Untyped>, 'on'>): unknown[] {
  const heard: unknown[] = []
  const source = given as Pick<Room<Untyped>, 'on'>
  source.on('$gap', (gap: Gap) => heard.push(gap))
  source.on('say', (data: unknown) => heard.push(data))
  return heard
}

/** Returns frames of `#a` from one offset to another. */
const messages = (from: number, to: number, address = '#a'): RawFrame[] =>
  Array.from({ length: to - from + 1 }, (_, i) => msg(address, from + i))

/** A client in `#a`, whose log stands at 5, without a listener. */
async function silentRoom(stage: Stage, options = {}) {
  stage.hub.streams.set('#a', live(5))
  const client = await stage.connected(options)
  const room = client.join('#a')
  await stage.settle()
  return { client, room }
}

/** Writes frames, and waits until the client has taken them. */
async function write(stage: Stage, ...frames: readonly RawFrame[]): Promise<void> {
  stage.hub.at().write(...frames)
  await stage.settle()
}

describe('P-ST-12: a message that arrives before the first listener', () => {
  test('is delivered to it, in order and once, without another join', () =>
    play(async (stage) => {
      const { room } = await silentRoom(stage)
      await write(stage, ...messages(6, 8))
      const heard = hear(room)
      expect(heard).toEqual([])
      await stage.settle()
      await write(stage, msg('#a', 9))
      expect(heard).toEqual([6, 7, 8, 9])
      expect(stage.hub.at().of('join')).toHaveLength(1)
    }))

  test('reaches all listeners that are added in the turn of the first', () =>
    play(async (stage) => {
      const { room } = await silentRoom(stage)
      await write(stage, msg('#a', 6, { event: 'edit' }), msg('#a', 7))
      const heard: unknown[] = []
      room.on('say', (data) => heard.push(['say', data]))
      room.on('edit', (data) => heard.push(['edit', data]))
      await stage.settle()
      expect(heard).toEqual([
        ['edit', 6],
        ['say', 7],
      ])
    }))

  test('comes before a message that arrives in the turn of the first listener', () =>
    play(async (stage) => {
      const { room } = await silentRoom(stage)
      await write(stage, msg('#a', 6))
      const heard = hear(room)
      await write(stage, msg('#a', 7))
      expect(heard).toEqual([6, 7])
    }))

  test('is delivered to a cursor that is opened late', () =>
    play(async (stage) => {
      const { room } = await silentRoom(stage)
      await write(stage, ...messages(6, 7))
      const cursor = readMessages(room)
      await stage.settle()
      expect([(await cursor.next()).value, (await cursor.next()).value]).toMatchObject([
        { data: 6 },
        { data: 7 },
      ])
    }))

  test('that was removed again waits for the next listener', () =>
    play(async (stage) => {
      const { room } = await silentRoom(stage)
      room.on('say', () => {})()
      await write(stage, msg('#a', 6))
      const heard = hear(room)
      await stage.settle()
      expect(heard).toEqual([6])
    }))

  test('does not wait in a room that was left', () =>
    play(async (stage) => {
      const { client, room } = await silentRoom(stage)
      await write(stage, msg('#a', 6))
      room.leave()
      stage.hub.streams.set('#a', live(6))
      const heard = hear(client.join('#a'))
      await stage.settle()
      expect(heard).toEqual([])
    }))

  test('waits also while only own events have listeners', () =>
    play(async (stage) => {
      const { room } = await silentRoom(stage)
      for (const event of ['$gap', '$leave', '$snapshot'] as const) room.on(event, () => {})
      await write(stage, msg('#a', 6))
      const heard = hear(room)
      await stage.settle()
      expect(heard).toEqual([6])
    }))

  test('and after a gap comes after the gap', () =>
    play(async (stage) => {
      const { room } = await silentRoom(stage)
      await write(stage, msg('#a', 6), ['gap', '#a', 'trimmed', ['e1', 9, 'm9']], msg('#a', 10))
      const heard = hear(room)
      await stage.settle()
      expect(heard).toEqual([
        6,
        { address: '#a', reason: 'trimmed', from: ['e1', 6, 'm6'], to: ['e1', 9, 'm9'] },
        10,
      ])
    }))

  test('as a cast is dropped', () =>
    play(async (stage) => {
      const { room } = await silentRoom(stage)
      await write(stage, ['cast', '#a', 'say', 'volatile', 'bob'])
      const heard = hear(room)
      await stage.settle()
      expect(heard).toEqual([])
    }))
})

describe('the position of a room that nothing listens to', () => {
  test('stays where it is, so that a reload before the first listener loses nothing', () =>
    play(async (stage) => {
      const { client, room } = await silentRoom(stage)
      await write(stage, ...messages(6, 8))
      expect(client.positions['#a']).toEqual(['e1', 5, 'm5'])
      hear(room)
      await stage.settle()
      expect(client.positions['#a']).toEqual(['e1', 8, 'm8'])
    }))

  test('moves when another handle of the room listens', () =>
    play(async (stage) => {
      const { client } = await silentRoom(stage)
      hear(client.join('#a'))
      await write(stage, msg('#a', 6))
      expect(client.positions['#a']).toEqual(['e1', 6, 'm6'])
    }))
})

describe('the turn of `ready`', () => {
  test('hands out nothing: listeners that are added after `await ready` hear the first message', () =>
    play(async (stage) => {
      stage.hub.script['join'] = (connection, [, ref]) =>
        connection.write(['ok', ref, live(5)], msg('#a', 6, { event: 'edit' }), msg('#a', 7), [
          'cast',
          '#a',
          'edit',
          'cast',
          'bob',
        ])
      const client = await stage.connected()
      const room = client.join('#a')
      const other = client.join('#a')
      const heard = hear(room)
      const added = Promise.all([room.ready, other.ready]).then(() =>
        room.on('edit', (data) => heard.push(data)),
      )
      await stage.settle()
      await added
      await stage.advance(1)
      expect(heard).toEqual([6, 7, 'cast'])
    }))

  test('that ends with the connection hands out nothing, and the next connection repeats it', () =>
    play(async (stage) => {
      stage.hub.script['join'] = (connection, [, ref]) => {
        connection.write(['ok', ref, live(5)], msg('#a', 6))
        connection.close(4001)
      }
      const client = await stage.connected()
      const heard = hear(client.join('#a'))
      stage.hub.streams.set('#a', replay(['e1', 5, 'm5'], 6))
      await stage.advance(2_000)
      await write(stage, msg('#a', 6))
      expect(heard).toEqual([6])
    }))
})

describe('the inbox and `*`', () => {
  test('wait for the first client.on', () =>
    play(async (stage) => {
      const client = await stage.connected()
      await write(stage, msg('*', 1), msg('@alice', 1, { data: 'psst' }))
      expect(client.positions).toEqual({ '*': ['e1', 0, null], '@alice': ['e1', 0, null] })
      const heard = hear(client)
      await stage.settle()
      expect(heard).toEqual([1, 'psst'])
    }))

  test('do not wait with `inbox: false`', () =>
    play(async (stage) => {
      const client = await stage.connected({ inbox: false })
      await write(stage, msg('*', 1), msg('@alice', 1))
      expect(client.positions['@alice']).toEqual(['e1', 1, 'm1'])
      const heard = hear(client)
      await write(stage, msg('@alice', 2))
      expect(heard).toEqual([2])
    }))

  test('do not wait for a listener of the status, which says nothing of messages', () =>
    play(async (stage) => {
      const client = await stage.connected()
      await write(stage, msg('@alice', 1))
      client.on('$status', () => {})
      await write(stage, msg('@alice', 2))
      const heard = hear(client)
      await stage.settle()
      expect(heard).toEqual([1, 2])
    }))
})

describe('P-ST-12: more messages than can wait', () => {
  /** The hub has 150 messages after the position of the room, and the client keeps 100 of them. */
  async function fullRoom(stage: Stage) {
    const given = await silentRoom(stage)
    await write(stage, ...messages(6, 155))
    stage.hub.script['join'] = (connection, [, ref, , options]) => {
      const { since } = options as { since: [string, number, string] }
      connection.write(['ok', ref, replay(since, 155)], ...messages(since[1] + 1, 155))
    }
    return given
  }

  test('stay in the log: one join with `since` brings them to the first listener', () =>
    play(async (stage) => {
      const { room } = await fullRoom(stage)
      const heard = hear(room)
      room.on('edit', () => {})
      await stage.settle()
      expect(heard).toEqual(Array.from({ length: 150 }, (_, i) => 6 + i))
      expect(stage.hub.at().of('join').slice(1)).toEqual([['join', 2, '#a', { since: ['e1', 105, 'm105'] }]])
    }))

  test('are not asked for by a resume while nothing listens, and then once', () =>
    play(async (stage) => {
      const { client, room } = await fullRoom(stage)
      stage.hub.streams.set('#a', live(155))
      stage.hub.at().cut()
      await stage.advance(2_000)
      expect(stage.hub.at().hello['streams']).toMatchObject({ '#a': null })
      expect(client.positions['#a']).toEqual(['e1', 5, 'm5'])
      const heard = hear(room)
      await stage.settle()
      expect(heard).toEqual(Array.from({ length: 150 }, (_, i) => 6 + i))
      expect(stage.hub.at().of('join')).toHaveLength(1)
    }))

  test('are a gap where the log no longer has them', () =>
    play(async (stage) => {
      const { room } = await fullRoom(stage)
      stage.hub.script['join'] = (connection, [, ref]) =>
        connection.write(['ok', ref, { ...live(155), mode: 'gap', reason: 'trimmed' }])
      const heard = hear(room)
      await stage.settle()
      expect(heard.slice(-2)).toEqual([
        105,
        { address: '#a', reason: 'trimmed', from: ['e1', 105, 'm105'], to: ['e1', 155, 'm155'] },
      ])
    }))

  test('are read on when another handle of the room comes, and when the first handle leaves', () =>
    play(async (stage) => {
      const { client, room } = await fullRoom(stage)
      const heard = hear(client.join('#a'))
      await stage.settle()
      expect(heard).toEqual(Array.from({ length: 50 }, (_, i) => 106 + i))
      room.leave()
      await write(stage, msg('#a', 156))
      expect(heard.at(-1)).toBe(156)
    }))
})

describe('a handle that does not listen yet, beside one that does', () => {
  test('gets the messages since its own join when it listens', () =>
    play(async (stage) => {
      const { client, room } = await silentRoom(stage)
      const first = hear(room)
      await write(stage, msg('#a', 6))
      const later = client.join('#a')
      await write(stage, msg('#a', 7), msg('#a', 8))
      const second = hear(later)
      await write(stage, msg('#a', 9))
      expect([first, second]).toEqual([
        [6, 7, 8, 9],
        [7, 8, 9],
      ])
    }))

  test('is told of a gap when more than 1 000 messages would wait, and gets those behind it', () =>
    play(async (stage) => {
      const { client, room } = await silentRoom(stage)
      hear(room)
      const later = client.join('#a')
      await write(stage, ...messages(6, 1_010))
      const heard = hear(later)
      await stage.settle()
      expect(heard.slice(0, 2)).toEqual([
        { address: '#a', reason: 'limit', from: ['e1', 5, 'm5'], to: ['e1', 11, 'm11'] },
        12,
      ])
      expect(heard).toHaveLength(1_000)
      expect(heard.at(-1)).toBe(1_010)
    }))
})

test('a snapshot that arrives before its listener waits for it, before the messages that follow', () =>
  play(async (stage) => {
    stage.hub.script['join'] = (connection, [, ref]) => connection.write(['ok', ref, live(5)])
    const client = await stage.connected()
    const room = client.join('#a', {
      snapshot: restoreFrom(() => ({ state: 'state', position: ['e1', 5, 'm5'] })),
    })
    await stage.settle()
    await write(stage, msg('#a', 6))
    const heard: unknown[] = []
    room.on('$snapshot', ({ state }) => heard.push(state))
    room.on('say', (data) => heard.push(data))
    await stage.settle()
    expect(heard).toEqual(['state', 6])
  }))

test('the inbox and `*` of a real hub wait in the log for the first client.on', () =>
  world({}, async (w) => {
    const hub = w.hub({ authenticate: ({ token }) => ({ id: token ?? '' }), authorize: () => true })
    const alice = await w.client(hub, 'alice', { observe: undefined })
    const numbers = Array.from({ length: 250 }, (_, i) => i)
    for (const n of numbers) for (const address of ['@alice', '*']) await hub.to(address).send('say', n)
    w.link(alice).cut('3s')
    await w.advance('10s')
    const heard: Record<string, unknown[]> = { '@alice': [], '*': [] }
    alice.on('say', (data, { address }) => heard[address]?.push(data))
    await w.advance('1s')
    expect(heard).toEqual({ '@alice': numbers, '*': numbers })
  }))

test('observe is no listener: it sees messages as they come, and these wait and keep the position', () =>
  play(async (stage) => {
    const observed: unknown[] = []
    const { client, room } = await silentRoom(stage, {
      observe: (seen: { readonly type: string }) => seen.type === 'message' && observed.push(seen),
    })
    await write(stage, ...messages(6, 155))
    expect(observed).toHaveLength(100)
    expect(client.positions['#a']).toEqual(['e1', 5, 'm5'])
    const heard = hear(room)
    await stage.settle()
    expect(heard).toHaveLength(100)
    expect(stage.hub.at().of('join').at(-1)).toEqual([
      'join',
      expect.any(Number),
      '#a',
      { since: ['e1', 105, 'm105'] },
    ])
  }))
