import { ChatError, type Message } from '@chat/core'
import { world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { live, msg, play } from '../support/fake-hub.ts'

const rejections: unknown[] = []
process.on('unhandledRejection', (error) => rejections.push(error))

describe('handles of one room', () => {
  test('are each their own, and are counted: the wire sees one join and one leave', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const rooms = [client.join('#a'), client.join('#a'), client.join('#a')]
      expect(new Set(rooms).size).toBe(3)
      await stage.settle()
      rooms[0]?.leave()
      rooms[0]?.leave()
      rooms[1]?.leave()
      await stage.settle()
      expect(stage.hub.at().types).toEqual(['hello', 'join'])
      rooms[2]?.leave()
      await stage.settle()
      expect(stage.hub.at().types).toEqual(['hello', 'join', 'leave'])
    }))

  test('that one leaves hears nothing more, the others do', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const [a, b] = [client.join('#a'), client.join('#a')]
      const seen: string[] = []
      a.on('say', () => seen.push('a'))
      b.on('say', () => seen.push('b'))
      await stage.settle()
      stage.hub.at().write(msg('#a', 1))
      await stage.settle()
      a.leave()
      stage.hub.at().write(msg('#a', 2))
      await stage.settle()
      expect(seen).toEqual(['a', 'b', 'b'])
    }))

  test('a later one is ready at once, and hears from now on', () =>
    play(async (stage) => {
      const client = await stage.connected()
      client.join('#a')
      await stage.settle()
      stage.hub.at().write(msg('#a', 1))
      await stage.settle()
      const later = client.join('#a')
      await later.ready
      const seen: unknown[] = []
      later.on('say', (data) => seen.push(data))
      stage.hub.at().write(msg('#a', 2))
      await stage.settle()
      expect(seen).toEqual([2])
    }))

  test('P-ST-7: joined again at a hub that is behind are not handed what they have had', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const room = client.join('#a')
      await stage.settle()
      stage.hub.at().write(msg('#a', 1), msg('#a', 2))
      await stage.settle()
      room.leave()
      stage.hub.streams.set('#a', live(1))
      const seen: unknown[] = []
      client.join('#a').on('say', (data) => seen.push(data))
      await stage.settle()
      stage.hub.at().write(msg('#a', 2), msg('#a', 3))
      await stage.settle()
      expect(seen).toEqual([3])
    }))

  test('joined again after the last has left begin anew, without the old place', () =>
    play(async (stage) => {
      stage.hub.streams.set('#a', live(5))
      const client = await stage.connected()
      client.join('#a').leave()
      await stage.settle()
      expect(client.positions).not.toHaveProperty('#a')
      const again = client.join('#a')
      await stage.settle()
      await again.ready
      expect(stage.hub.at().of('join').at(-1)).toEqual(['join', expect.any(Number), '#a'])
    }))

  test('an answer to a join that was left meanwhile is not taken for the next one’s', () =>
    play(async (stage) => {
      stage.hub.script['join'] = () => {}
      const client = await stage.connected()
      client.join('#a').leave()
      const room = client.join('#a')
      const ready = stage.watch(room.ready)
      await stage.settle()
      stage.hub.at().write(['ok', 1, live(1)], ['ok', 2])
      await stage.settle()
      expect(ready.state).toBe('pending')
      stage.hub.at().write(['ok', 3, live(2)])
      await stage.settle()
      expect(ready.state).toBe('resolved')
      expect(client.positions['#a']).toEqual(['e1', 2, 'm2'])
    }))
})

describe('ready', () => {
  test('resolves when the hub has taken the client in', () =>
    play(async (stage) => {
      stage.hub.script['join'] = () => {}
      const client = await stage.connected()
      const ready = stage.watch(client.join('#a').ready)
      await stage.settle()
      expect(ready.state).toBe('pending')
      stage.hub.at().write(['ok', 1, live()])
      await stage.settle()
      expect(ready.state).toBe('resolved')
    }))

  test.each([
    ['the hub refuses', 'forbidden'],
    ['the hub refuses only for now', 'unavailable'],
  ])('rejects when %s, and `$leave` says so; the room is not asked for again', (_, code) =>
    play(async (stage) => {
      stage.hub.script['join'] = (connection, [, ref]) => connection.write(['err', ref, code, 'no'])
      const client = await stage.connected()
      const room = client.join('#a')
      const left: unknown[] = []
      room.on('$leave', (event) => left.push(event))
      const ready = stage.watch(room.ready)
      await stage.settle()
      expect(ready.error).toMatchObject({ code })
      expect(left).toMatchObject([{ address: '#a', error: { code } }])
      stage.hub.at().cut()
      await stage.advance(3_000)
      expect(stage.hub.at().hello['streams']).not.toHaveProperty('#a')
    }),
  )

  test('rejects when a welcome refuses the room', () =>
    play(async (stage) => {
      stage.hub.streams.set('#a', { mode: 'refused', code: 'forbidden' })
      const ready = stage.watch(stage.client().join('#a').ready)
      await stage.settle()
      expect(ready.error).toMatchObject({ code: 'forbidden' })
    }))

  test('rejects when the room is left or the client closed before', () =>
    play(async (stage) => {
      stage.hub.script['hello'] = () => {}
      const client = stage.client()
      const [a, b] = [client.join('#a'), client.join('#b')]
      const outcomes = [a, b].map(({ ready }) => stage.watch(ready))
      a.leave()
      client.close()
      await stage.settle()
      expect(outcomes.map(({ error }) => error?.code)).toEqual(['closed', 'closed'])
    }))

  test('is never an unhandled rejection', () =>
    play(async (stage) => {
      stage.hub.script['join'] = (connection, [, ref]) => connection.write(['err', ref, 'forbidden', 'no'])
      const client = await stage.connected()
      client.join('#a')
      await stage.settle()
      await new Promise((resolve) => setImmediate(resolve))
      expect(rejections).toEqual([])
    }))
})

describe('left', () => {
  test('ends the room: nothing of it comes afterwards, and it is not joined again (P-ST-10)', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const room = client.join('#a')
      const seen: unknown[] = []
      room.on('say', (data) => seen.push(data))
      room.on('$leave', ({ error }) => seen.push(error.code, error.message))
      await stage.settle()
      const next = room.messages().next()
      stage.hub.at().write(msg('#a', 1), ['left', '#a', 'forbidden', 'banned'], msg('#a', 2))
      await stage.settle()
      expect(seen).toEqual([1, 'forbidden', 'banned'])
      await expect(next).resolves.toMatchObject({ value: { at: 1 } })
      stage.hub.at().cut()
      await stage.advance(3_000)
      expect(stage.hub.at().hello['streams']).not.toHaveProperty('#a')
      await client.join('#a')
      await stage.settle()
      expect(stage.hub.at().of('join')).toHaveLength(1)
    }))

  test('while it joins again because of a hole: what that join brings is left, too (P-ST-10)', () =>
    play(async (stage) => {
      const client = await stage.connected()
      client.join('#a')
      await stage.settle()
      stage.hub.at().write(msg('#a', 3), ['left', '#a', 'forbidden', 'banned'])
      await stage.settle()
      expect(stage.hub.at().types).toEqual(['hello', 'join', 'join', 'leave'])
    }))

  test('ends a `ready` that is still open', () =>
    play(async (stage) => {
      stage.hub.script['join'] = () => {}
      const client = await stage.connected()
      const room = client.join('#a')
      await stage.settle()
      stage.hub.at().write(['left', '#a', 'club/full', 'nobody else'])
      await stage.settle()
      await expect(room.ready).rejects.toMatchObject({ code: 'club/full', message: 'nobody else' })
    }))
})

describe('messages()', () => {
  test('gives the durable messages as they come, in order, to each of its iterators', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const room = client.join('#a')
      await stage.settle()
      const [one, two] = [room.messages(), room.messages()]
      const early = [one.next(), one.next()]
      stage.hub.at().write(msg('#a', 1), ['cast', '#a', 'say', 'volatile', 'bob'], msg('#a', 2), msg('#a', 3))
      await stage.settle()
      expect((await Promise.all(early)).map(({ value }) => value.data)).toEqual([1, 2])
      expect((await one.next()).value.data).toBe(3)
      expect((await two.next()).value.data).toBe(1)
    }))

  test('ends when the room is left; what had come is still given', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const room = client.join('#a')
      await stage.settle()
      const iterator = room.messages()
      stage.hub.at().write(msg('#a', 1))
      await stage.settle()
      room.leave()
      const all: Message[] = []
      for await (const message of iterator) all.push(message)
      expect(all.map(({ data }) => data)).toEqual([1])
    }))

  test.each(['leave', 'close'] as const)('of a room that has ended is at its end already (%s)', (how) =>
    play(async (stage) => {
      const client = await stage.connected()
      const room = client.join('#a')
      if (how === 'leave') room.leave()
      else client.close()
      await expect(room.messages().next()).resolves.toEqual({ value: undefined, done: true })
    }),
  )

  test('a consumer that waits is released by the end', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const room = client.join('#a')
      const next = room.messages().next()
      client.close()
      await expect(next).resolves.toEqual({ value: undefined, done: true })
    }))

  test('a consumer that is too slow gets a thousand, and then is told `full`', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const room = client.join('#a')
      await stage.settle()
      const iterator = room.messages()
      stage.hub.at().write(...Array.from({ length: 1_001 }, (_, i) => msg('#a', i + 1)))
      await stage.settle()
      room.leave()
      for (let i = 1; i <= 1_000; i++) expect((await iterator.next()).value.at).toBe(i)
      await expect(iterator.next()).rejects.toMatchObject({ code: 'full' })
      await expect(iterator.next()).resolves.toEqual({ value: undefined, done: true })
    }))

  test('a loop that is left lets go of what waits', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const room = client.join('#a')
      await stage.settle()
      const iterator = room.messages()
      stage.hub.at().write(msg('#a', 1), msg('#a', 2))
      await stage.settle()
      for await (const message of iterator) {
        expect(message.data).toBe(1)
        break
      }
      await expect(iterator.next()).resolves.toEqual({ value: undefined, done: true })
    }))
})

describe('who hears what', () => {
  test('a room hears its own, the client `*`, its user and its session, and never rooms', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const heard: string[] = []
      client.on('say', (_, { address }) => heard.push(`client ${address}`))
      for (const name of ['#a', '#b'])
        client.join(name).on('say', (_, { address }) => heard.push(`room ${address}`))
      await stage.settle()
      const cast = (address: string): readonly ['cast', ...unknown[]] => [
        'cast',
        address,
        'say',
        1,
        'bob',
        's2',
      ]
      stage.hub
        .at()
        .write(msg('*', 1), msg('@alice', 1), msg('#a', 1), msg('#b', 1), msg('#c', 1), msg('@bob', 1))
      stage.hub.at().write(cast('*'), cast('@alice'), cast('~session1'), cast('#a'), cast('#c'), cast('@bob'))
      await stage.settle()
      expect(heard).toEqual([
        'client *',
        'client @alice',
        'room #a',
        'room #b',
        'client *',
        'client @alice',
        'client ~session1',
        'room #a',
      ])
    }))

  test('what a message is told besides its data', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const told: Message[] = []
      client.on('say', (_, message) => told.push(message))
      await stage.settle()
      stage.hub
        .at()
        .write(
          msg('*', 1, { id: 's7.12', data: 'x' }),
          msg('*', 2, { id: 'node.3', from: null }),
          ['cast', '*', 'say', 'y', 'bob', 's7'],
          ['cast', '*', 'say', 'z', null],
        )
      await stage.settle()
      expect(told).toEqual([
        {
          address: '*',
          event: 'say',
          data: 'x',
          from: 'bob',
          at: 1,
          id: 's7.12',
          session: 's7',
          durable: true,
        },
        {
          address: '*',
          event: 'say',
          data: 2,
          from: null,
          at: 2,
          id: 'node.3',
          session: null,
          durable: true,
        },
        { address: '*', event: 'say', data: 'y', from: 'bob', at: 0, id: '', session: 's7', durable: false },
        { address: '*', event: 'say', data: 'z', from: null, at: 0, id: '', session: null, durable: false },
      ])
    }))

  test('observe sees every message and gap before its listeners; what it throws harms nobody', () =>
    play(async (stage) => {
      const order: unknown[] = []
      const client = await stage.connected({
        observe: (what) => {
          order.push(['observe', 'event' in what ? what.data : 'reason' in what && what.reason])
          throw new Error('observer')
        },
      })
      client.join('#a').on('say', (data) => order.push(['room', data]))
      client.on('say', (data) => order.push(['client', data]))
      await stage.settle()
      stage.hub.at().write(msg('#a', 1), msg('*', 1), ['gap', '*', 'epoch', ['e2', 0, null]])
      await stage.settle()
      expect(order).toEqual([
        ['observe', 1],
        ['room', 1],
        ['observe', 1],
        ['client', 1],
        ['observe', 'epoch'],
      ])
      expect(client.said.errors.map(({ subject }) => subject)).toEqual(['observe', 'observe', 'observe'])
      expect(client.status).toBe('connected')
    }))
})

describe('listeners (U-14)', () => {
  test('that throw or reject harm nobody: the others run in order, and `$error` tells', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const room = client.join('#a')
      const order: string[] = []
      room.on('say', () => {
        order.push('first')
        throw new Error('thrown')
      })
      room.on('say', async () => {
        order.push('second')
        throw new Error('rejected')
      })
      room.on('say', () => order.push('third'))
      await stage.settle()
      stage.hub.at().write(msg('#a', 1), msg('#a', 2))
      await stage.settle()
      expect(order).toEqual(['first', 'second', 'third', 'first', 'second', 'third'])
      expect(client.said.errors.map(({ error, subject }) => [(error as Error).message, subject])).toEqual([
        ['thrown', '#a say'],
        ['thrown', '#a say'],
        ['rejected', '#a say'],
        ['rejected', '#a say'],
      ])
      expect(client.status).toBe('connected')
    }))

  test('of `$error` that throw or reject have nobody left to tell', () =>
    play(async (stage) => {
      const client = await stage.connected()
      client.on('$error', () => {
        throw new Error('again')
      })
      client.on('$error', () => Promise.reject(new Error('and again')))
      client.on('say', () => {
        throw new Error('once')
      })
      stage.hub.at().write(msg('*', 1))
      await stage.settle()
      expect(client.said.errors.map(({ error }) => (error as Error).message)).toEqual(['once'])
    }))

  test('that are removed while their event is on the way are not called any more', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const order: string[] = []
      const undo = client.on('say', () => {
        order.push('first')
        undo()
        undoThird()
      })
      client.on('say', () => order.push('second'))
      const undoThird = client.on('say', () => order.push('third'))
      stage.hub.at().write(msg('*', 1), msg('*', 2))
      await stage.settle()
      expect(order).toEqual(['first', 'second', 'second'])
      undo()
    }))

  test('of a room that one of them leaves are not called any more', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const room = client.join('#a')
      const order: string[] = []
      room.on('say', () => {
        order.push('first')
        room.leave()
      })
      room.on('say', () => order.push('second'))
      await stage.settle()
      stage.hub.at().write(msg('#a', 1), msg('#a', 2))
      await stage.settle()
      expect(order).toEqual(['first'])
    }))

  test('that publish, join and leave from inside keep the order of what comes', () =>
    play(async (stage) => {
      stage.hub.storeSends()
      const client = await stage.connected()
      const room = client.join('#a')
      const order: unknown[] = []
      room.on('say', (data) => {
        order.push(data)
        if (data === 1) {
          stage.watch(room.send('say', 'from inside'))
          client.join('#b').leave()
        }
      })
      await stage.settle()
      stage.hub.at().write(msg('#a', 1), msg('#a', 2))
      stage.hub.at().write(msg('#a', 3))
      await stage.settle()
      expect(order).toEqual([1, 2, 3])
      expect(stage.hub.at().of('send')).toHaveLength(1)
    }))

  test('for an own event that does not exist are refused: nothing would ever call them', () =>
    play(async (stage) => {
      const client = await stage.connected()
      expect(() => client.on('$connect', () => {})).toThrow(/there are \$status, \$gap, \$snapshot, \$error/)
      expect(() => client.join('#a').on('$error', () => {})).toThrow(/there are \$gap, \$snapshot, \$leave/)
    }))

  test('for one event twice are called twice, and removed one by one', () =>
    play(async (stage) => {
      const client = await stage.connected()
      let calls = 0
      const listener = () => calls++
      const undo = client.on('say', listener)
      client.on('say', listener)
      stage.hub.at().write(msg('*', 1))
      await stage.settle()
      expect(calls).toBe(2)
      undo()
      undo()
      stage.hub.at().write(msg('*', 2))
      await stage.settle()
      expect(calls).toBe(3)
    }))

  test.each(['__proto__', 'error', 'constructor', 'toString', 'hasOwnProperty', 'then', '~x'])(
    'an event may be named %s (U-03)',
    (event) =>
      play(async (stage) => {
        const client = await stage.connected()
        const seen: unknown[] = []
        const undo = client.on(event, (data) => seen.push(data))
        client.join('#a').on(event, (data) => seen.push(data))
        await stage.settle()
        stage.hub.at().write(msg('*', 1, { event }), msg('#a', 1, { event }), msg('*', 2, { event: 'other' }))
        stage.hub.at().write(['ask', 1, event, null], ['ask', 2, 'valueOf', null])
        await stage.settle()
        expect(seen).toEqual([1, 1, null])
        expect(stage.hub.at().of('reply')).toHaveLength(1)
        expect(stage.hub.at().of('refuse')).toMatchObject([['refuse', 2, 'not_found', expect.any(String)]])
        undo()
        stage.hub.at().write(msg('*', 3, { event }))
        await stage.settle()
        expect(seen).toHaveLength(3)
        expect(client.said.errors).toEqual([])
      }),
  )

  test('an event named as one of the client’s own cannot come over the wire as such', () =>
    play(async (stage) => {
      const client = await stage.connected()
      stage.hub.at().write(msg('*', 1, { event: '$status', data: { status: 'closed' } }))
      stage.hub.at().write(['cast', '*', '$gap', {}, null], ['ask', 1, '$error', {}])
      await stage.settle()
      expect(client.said).toMatchObject({ status: [{ status: 'connected' }], gaps: [] })
      expect(client.said.errors.map(({ subject }) => subject)).toEqual(['* $status', '* $gap'])
      expect(stage.hub.at().of('refuse')).toMatchObject([['refuse', 1, 'not_found', expect.any(String)]])
    }))
})

describe('an ask', () => {
  test.each([
    ['a value', () => ({ yes: true }), { yes: true }],
    ['a promise', async () => [1], [1]],
    ['nothing', () => undefined, null],
  ])('is answered with what the listener returns: %s', (_, handler, answer) =>
    play(async (stage) => {
      const client = await stage.connected()
      const heard: unknown[] = []
      client.on('confirm', (input) => {
        heard.push(input)
        return handler()
      })
      stage.hub.at().write(['ask', 7, 'confirm', { question: '?' }])
      await stage.settle()
      expect(heard).toEqual([{ question: '?' }])
      expect(stage.hub.at().of('reply')).toEqual([['reply', 7, answer]])
    }),
  )

  test('is answered by the first listener alone', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const undo = client.on('confirm', () => 1)
      client.on('confirm', () => 2)
      stage.hub.at().write(['ask', 1, 'confirm', null])
      await stage.settle()
      undo()
      stage.hub.at().write(['ask', 2, 'confirm', null])
      await stage.settle()
      expect(stage.hub.at().of('reply')).toEqual([
        ['reply', 1, 1],
        ['reply', 2, 2],
      ])
    }))

  test('that nobody answers is refused as `not_found`', () =>
    play(async (stage) => {
      await stage.connected()
      stage.hub.at().write(['ask', 1, 'confirm', null])
      await stage.settle()
      expect(stage.hub.at().of('refuse')).toMatchObject([['refuse', 1, 'not_found', expect.any(String)]])
    }))

  test('whose listener throws a ChatError is refused with its code', () =>
    play(async (stage) => {
      const client = await stage.connected()
      client.on('confirm', () => {
        throw new ChatError('ui/busy', 'a dialog is open')
      })
      client.on('later', () => Promise.reject(new ChatError('unavailable', 'later')))
      stage.hub.at().write(['ask', 1, 'confirm', null], ['ask', 2, 'later', null])
      await stage.settle()
      expect(stage.hub.at().of('refuse')).toEqual([
        ['refuse', 1, 'ui/busy', 'a dialog is open'],
        ['refuse', 2, 'unavailable', 'later'],
      ])
      expect(client.said.errors).toEqual([])
    }))

  test.each([
    ['something else', () => Promise.reject(new Error('password is 1234'))],
    ['a code that is none of the wire’s', () => Promise.reject(new ChatError('closed', 'password is 1234'))],
    ['what has no JSON form', () => 1n],
  ])('whose listener fails with %s is refused as `internal`, and told here', (_, handler) =>
    play(async (stage) => {
      const client = await stage.connected()
      client.on('confirm', handler)
      stage.hub.at().write(['ask', 1, 'confirm', null])
      await stage.settle()
      expect(stage.hub.at().of('refuse')).toMatchObject([['refuse', 1, 'internal', expect.any(String)]])
      expect(JSON.stringify(stage.hub.at().frames)).not.toContain('1234')
      expect(client.said.errors).toMatchObject([{ subject: 'confirm' }])
    }),
  )

  test('whose answer is larger than a frame may be is refused, and the connection lives', () =>
    play(async (stage) => {
      const client = await stage.connected()
      client.on('dump', () => 'x'.repeat(70_000))
      client.on('fail', () => Promise.reject(new ChatError('app/long', 'x'.repeat(70_000))))
      stage.hub.at().write(['ask', 1, 'dump', null], ['ask', 2, 'fail', null])
      await stage.settle()
      expect(stage.hub.at().of('refuse')).toMatchObject([
        ['refuse', 1, 'too_large', expect.any(String)],
        ['refuse', 2, 'too_large', expect.any(String)],
      ])
      expect(client.said.errors).toMatchObject([{ subject: 'dump' }, { subject: 'fail' }])
    }))

  test('is answered on its own connection or not at all, and its signal says when nobody waits', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const signals: AbortSignal[] = []
      let answer = (_: unknown): void => {}
      client.on('confirm', (_, { signal, event }) => {
        expect(event).toBe('confirm')
        signals.push(signal)
        return new Promise((resolve) => {
          answer = resolve
        })
      })
      stage.hub.at().write(['ask', 1, 'confirm', null])
      await stage.settle()
      expect(signals[0]?.aborted).toBe(false)
      stage.hub.at().cut()
      await stage.advance(3_000)
      expect(signals[0]?.aborted).toBe(true)
      answer('late')
      await stage.settle()
      expect(stage.hub.at().of('reply')).toEqual([])
    }))

  test('comes through a real hub, to one and to all', () =>
    world({ seed: 5 }, async (w) => {
      const hub = w.hub({ authenticate: ({ token }) => ({ id: token ?? '' }), authorize: () => true })
      const clients = [await w.client(hub, 'bob'), await w.client(hub, 'bob')]
      clients[0]?.on('where', () => 'desk')
      clients[1]?.on('where', () => {
        throw new ChatError('app/hidden', 'no')
      })
      const { replies, refused } = await hub.to('@bob').askAll('where', null)
      expect(replies.map(({ answer }) => answer)).toEqual(['desk'])
      expect(refused).toHaveLength(1)
      await expect(hub.to('@bob').ask('where', null)).resolves.toBe('desk')
    }))
})
