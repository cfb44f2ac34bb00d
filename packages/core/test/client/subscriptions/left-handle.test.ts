import { UsageError, watchPresence } from '@chat/core'
import { expect, test } from 'vitest'
import { live, play } from '../../support/fake-hub.ts'

test('a handle that has left refuses on, send, cast and a watch of presence, also while another handle lives', () =>
  play(async (stage) => {
    const client = await stage.connected()
    const [left, stays] = [client.join('#a'), client.join('#a')]
    await stage.settle()
    left.leave()
    expect(() => left.on('say', () => {})).toThrow(UsageError)
    expect(() => left.cast('say', 1)).toThrow('unable to cast: this handle of #a has left')
    expect(() => watchPresence(left)).toThrow(UsageError)
    const sent = stage.watch(left.send('say', 1))
    await stage.settle()
    expect(sent.error).toBeInstanceOf(UsageError)
    stays.on('say', () => {})
    stays.cast('say', 2)
    await stage.settle()
    expect(stage.hub.at().of('send')).toEqual([])
    expect(stage.hub.at().of('cast')).toEqual([['cast', '#a', 'say', 2]])
  }))

test('presence ends with its own handle, and goes on for another handle of the room', () =>
  play(async (stage) => {
    stage.hub.script['join'] = (connection, [, ref]) =>
      connection.write([
        'ok',
        ref,
        { ...(live() as object), members: [['s1', 'bob', null]], count: 1, version: 1 },
      ])
    const client = await stage.connected()
    const rooms = [client.join('#a'), client.join('#a')] as const
    const gone: string[][] = [[], []]
    const heres = rooms.map((room, i) =>
      watchPresence(room, {
        onChange: ({ left }) => gone[i]?.push(...left.map(({ user }) => user)),
      }),
    )
    await stage.settle()
    rooms[0].leave()
    stage.hub.at().write(['presence', '#a', 2, [['s2', 'eve', null]], []])
    await stage.settle()
    expect(heres.map(({ closed, members }) => [closed, [...members.keys()]])).toEqual([
      [true, []],
      [false, ['s1', 's2']],
    ])
    expect(gone).toEqual([['bob'], []])
  }))

test('a send of a room that nothing awaits is no unhandled rejection when its client closes', () =>
  play(async (stage) => {
    const rejections: unknown[] = []
    const listen = (error: unknown): unknown => rejections.push(error)
    process.on('unhandledRejection', listen)
    const client = await stage.connected()
    void client.join('#a').send('say', 1)
    await stage.settle()
    client.close()
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', listen)
    expect(rejections).toEqual([])
  }))

test('history of a handle that has left is refused, and so is the state of its presence, while another handle lives', () =>
  play(async (stage) => {
    const client = await stage.connected()
    const [left, stays] = [client.join('#a'), client.join('#a', { state: 'here' })]
    const here = watchPresence(left)
    await stage.settle()
    left.leave()
    await expect(left.history()).rejects.toThrow('unable to read the history: this handle of #a has left')
    expect(() => here.set('away')).toThrow(UsageError)
    watchPresence(stays).set('busy')
    await stage.settle()
    expect(stage.hub.at().of('read')).toEqual([])
    expect(stage.hub.at().of('state').at(-1)?.slice(2)).toEqual(['#a', 'busy'])
    expect(stage.hub.at().of('state')).toHaveLength(2)
  }))

test('a watch of presence of a handle that the hub has removed is closed, also when another handle has joined again', () =>
  play(async (stage) => {
    const client = await stage.connected()
    const removed = client.join('#a')
    await stage.settle()
    stage.hub.at().write(['left', '#a', 'forbidden', 'banned'])
    await stage.settle()
    client.join('#a')
    await stage.settle()
    const here = watchPresence(removed)
    here.set('busy')
    await stage.settle()
    expect([here.closed, here.count]).toEqual([true, 0])
    expect(stage.hub.at().of('state')).toEqual([])
  }))
