import { type Delivery, restoreFrom, UsageError } from '@chat/core'
import { world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { live, msg, play, replay, type Stage } from '../../support/fake-hub.ts'

const people = {
  authenticate: ({ token }: { token: string | null }) => ({ id: token ?? '' }),
  authorize: () => true,
}

/** Adds a message to a list as text: its data, with a star for history. */
const note =
  (heard: unknown[]) =>
  (data: unknown, message: Delivery): void => {
    heard.push(message.durable && message.history === true ? `${data}*` : data)
  }

/** The hub's log of `#a` has 5 messages; joins and reads are answered from it. */
function fiveMessages(stage: Stage): void {
  stage.hub.script['join'] = (connection, [, ref, , options]) => {
    const since = (options as { since?: [string, number, string] } | undefined)?.since
    connection.write(['ok', ref, since === undefined ? live(5) : replay(since, since[1])])
  }
  stage.hub.script['read'] = (connection, [, ref, , range]) => {
    const { before = 6, limit } = range as { before?: number; limit: number }
    // A page has at most two messages, as pages have a limit of bytes.
    const from = Math.max(1, before - Math.min(limit, 2))
    const messages = Array.from({ length: before - from }, (_, i) => msg('#a', from + i))
    connection.write(['ok', ref, { epoch: 'e1', base: 0, top: 5, messages, more: from > 1 }])
  }
}

describe('join with `last`', () => {
  test('begins with the newest messages, marked as history, and goes on without a hole', () =>
    world({}, async (w) => {
      const hub = w.hub(people)
      const bob = await w.client(hub, 'bob')
      const send = async (from: number, to: number): Promise<void> => {
        for (let n = from; n <= to; n++) await bob.to('#a').send('say', n)
      }
      await send(1, 9)
      const alice = await w.client(hub, 'alice')
      const heard: unknown[] = []
      alice.join('#a', { last: 3 }).on('say', note(heard))
      await send(10, 30)
      await w.advance('1s')
      const numbers = heard.map((entry) => Number.parseInt(String(entry), 10))
      expect(numbers).toEqual(numbers.map((_, i) => (numbers[0] ?? 0) + i))
      expect(numbers.at(-1)).toBe(30)
      expect(heard.map((entry) => String(entry).endsWith('*')).lastIndexOf(true)).toBe(2)
    }))

  test('reads as many pages as it needs', () =>
    play(async (stage) => {
      fiveMessages(stage)
      const client = await stage.connected()
      const heard: unknown[] = []
      client.join('#a', { last: 5 }).on('say', note(heard))
      await stage.settle()
      stage.hub.at().write(msg('#a', 6))
      await stage.settle()
      expect(heard).toEqual(['1*', '2*', '3*', '4*', '5*', 6])
      expect(stage.hub.at().of('read')).toHaveLength(3)
    }))

  test('waits for the first listener, and a reload before it begins anew', () =>
    play(async (stage) => {
      fiveMessages(stage)
      const client = await stage.connected()
      const room = client.join('#a', { last: 2 })
      await stage.settle()
      expect(client.positions).not.toHaveProperty('#a')
      const heard: unknown[] = []
      room.on('say', note(heard))
      await stage.settle()
      expect(heard).toEqual(['4*', '5*'])
      expect(client.positions['#a']).toEqual(['e1', 5, 'm5'])
    }))

  test('continues after a reconnect as any subscription does', () =>
    play(async (stage) => {
      fiveMessages(stage)
      const client = await stage.connected()
      const heard: unknown[] = []
      client.join('#a', { last: 1 }).on('say', note(heard))
      await stage.settle()
      stage.hub.streams.set('#a', replay(['e1', 5, 'm5'], 6))
      stage.hub.at().cut()
      await stage.advance(2_000)
      stage.hub.at().write(msg('#a', 6))
      await stage.settle()
      expect(stage.hub.at().hello['streams']).toMatchObject({ '#a': ['e1', 5, 'm5'] })
      expect(stage.hub.at().of('read')).toEqual([])
      expect(heard).toEqual(['5*', 6])
    }))

  test('does not begin anew where there is a saved position', () =>
    play(async (stage) => {
      fiveMessages(stage)
      const client = await stage.connected({ positions: { '#a': ['e1', 4, 'm4'] } })
      client.join('#a', { last: 3 })
      await stage.settle()
      expect(stage.hub.at().of('join')).toEqual([['join', 1, '#a', { since: ['e1', 4, 'm4'] }]])
      expect(stage.hub.at().of('read')).toEqual([])
    }))

  test('begins with new messages when the hub refuses its history, and reports that', () =>
    play(async (stage) => {
      fiveMessages(stage)
      stage.hub.script['read'] = (connection, [, ref]) => connection.write(['err', ref, 'forbidden', 'no'])
      const client = await stage.connected()
      const heard: unknown[] = []
      client.join('#a', { last: 3 }).on('say', note(heard))
      await stage.settle()
      stage.hub.at().write(msg('#a', 6))
      await stage.settle()
      expect(heard).toEqual([6])
      expect(client.said.errors).toMatchObject([{ error: { code: 'forbidden' }, subject: '#a' }])
    }))

  test('begins with nothing in an empty log', () =>
    world({}, async (w) => {
      const hub = w.hub(people)
      const alice = await w.client(hub, 'alice')
      const heard: unknown[] = []
      alice.join('#a', { last: 3 }).on('say', note(heard))
      await w.advance('1s')
      await hub.to('#a').send('say', 1)
      await w.advance('1s')
      expect(heard).toEqual([1])
    }))

  test('tells no message twice when the hub continues only from a position before the newest', () =>
    play(async (stage) => {
      fiveMessages(stage)
      // A hub that cannot read the log takes only its own position.
      stage.hub.script['join'] = (connection, [, ref, , options]) => {
        const since = (options as { since?: [string, number, string] } | undefined)?.since
        const own = live(3)
        const taken = since === undefined || since[1] === 3
        connection.write(['ok', ref, taken ? own : { ...own, mode: 'gap', reason: 'absent' }])
        if (since?.[1] === 3) for (const at of [4, 5, 6]) connection.write(msg('#a', at))
      }
      const client = await stage.connected()
      const heard: unknown[] = []
      client.join('#a', { last: 4 }).on('say', note(heard))
      await stage.advance(5_000)
      expect(heard).toEqual(['2*', '3*', 4, 5, 6])
    }))

  test('takes no message of a log that is lost between two pages', () =>
    play(async (stage) => {
      fiveMessages(stage)
      const { read } = stage.hub.script
      stage.hub.script['read'] = (connection, [type, ref, address, range]) => {
        if ((range as { before?: number }).before === undefined)
          return read?.(connection, [type, ref, address, range])
        const messages = [msg('#a', 1), msg('#a', 2)]
        connection.write(['ok', ref, { epoch: 'e2', base: 0, top: 2, messages, more: false }])
      }
      const client = await stage.connected()
      const heard: unknown[] = []
      client.join('#a', { last: 4 }).on('say', note(heard))
      await stage.settle()
      expect(heard).toEqual(['4*', '5*'])
    }))

  test('takes a whole number from 1 to 1 000, with the first handle and without a snapshot hook', () =>
    play(async (stage) => {
      const client = await stage.connected()
      for (const last of [0, -1, 1.5, 1_001, Number.NaN, '5', null])
        expect(() => client.join('#a', { last } as never)).toThrow("the option 'last' must be")
      expect(() => client.join('#a', { last: 1, snapshot: restoreFrom(() => null) })).toThrow(UsageError)
      client.join('#a')
      expect(() => client.join('#a', { last: 1 })).toThrow(UsageError)
    }))
})

describe('inbox: { last }', () => {
  test('finds the messages that were sent while the user was away, and then those that follow', () =>
    world({}, async (w) => {
      const hub = w.hub(people)
      for (const n of [1, 2, 3]) await hub.to('@alice').send('say', n)
      await hub.to('*').send('say', 'all')
      const alice = await w.client(hub, 'alice', { inbox: { last: 2 } })
      const heard: unknown[] = []
      alice.on('say', note(heard))
      await w.advance('1s')
      await hub.to('@alice').send('say', 4)
      await w.advance('1s')
      expect(heard).toEqual(['2*', '3*', 4])
    }))

  test.each([{}, { last: 0 }, { last: 1_001 }, 'all', 3])('%j is no such option', (inbox) =>
    play(async (stage) => {
      expect(() => stage.client({ inbox } as never)).toThrow("the option 'inbox' must be")
    }),
  )
})
