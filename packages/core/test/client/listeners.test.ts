import { handleAsk, UsageError } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { msg, play } from '../support/fake-hub.ts'

describe('listeners (U-14)', () => {
  test('that throw or reject stop no other listener, and are reported in `$error`', () =>
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

  test('of `$error` that throw or reject are not reported again', () =>
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

  test('of a room are not called any more after a listener has left the room', () =>
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

  test('that publish, join and leave keep the order of the messages', () =>
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

  test('for an own event that does not exist are refused, with the events that exist', () =>
    play(async (stage) => {
      const client = await stage.connected()
      expect(() => client.on('$staus' as '$status', () => {})).toThrow(
        "unable to listen to '$staus': there is no such event here; the events are $status, $gap, $snapshot, $error",
      )
      expect(() => client.join('#a').on('$error', () => {})).toThrow(
        /the events are \$gap, \$snapshot, \$leave/,
      )
    }))

  test('that are not functions are refused', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const given: unknown[] = [undefined, null, 'say', {}]
      for (const listener of given) {
        expect(() => client.on('say', listener as never)).toThrow(
          "unable to listen to 'say': the listener must be a function, but is ",
        )
        expect(() => client.join('#a').on('say', listener as never)).toThrow(UsageError)
      }
    }))

  test('added twice for an event are called twice, and removed separately', () =>
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
        await stage.settle()
        expect(seen).toEqual([1, 1])
        undo()
        stage.hub.at().write(msg('*', 3, { event }))
        await stage.settle()
        expect(seen).toHaveLength(2)
        expect(client.said.errors).toEqual([])
      }),
  )

  test.each(['__proto__', 'error', 'constructor', 'toString', 'hasOwnProperty', 'then', '~x'])(
    'an ask may be named %s (U-03)',
    (ask) =>
      play(async (stage) => {
        const client = await stage.connected()
        handleAsk(client, ask, () => 'mine')
        stage.hub.at().write(['ask', 1, ask, null], ['ask', 2, 'valueOf', null])
        await stage.settle()
        expect(stage.hub.at().of('reply')).toEqual([['reply', 1, 'mine']])
        expect(stage.hub.at().of('refuse')).toMatchObject([['refuse', 2, 'not_found', expect.any(String)]])
        expect(client.said.errors).toEqual([])
      }),
  )

  test('a message of the hub cannot raise one of the client’s own events', () =>
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
