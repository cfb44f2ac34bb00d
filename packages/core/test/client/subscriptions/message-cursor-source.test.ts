import { type ClientTarget, readMessages, restoreFrom, type Untyped } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { live, play } from '../../support/fake-hub.ts'
import { at, FakeLog, follow } from '../../support/fake-log.ts'

describe('a cursor over a target', () => {
  test.each(['*', '@alice'])('of %s follows its log beside the listeners of the client', (address) =>
    play(async (stage) => {
      const log = new FakeLog(stage, address)
      log.grow(3)
      stage.hub.streams.set(address, { ...live(3), id: 'e1.3' })
      const client = stage.client()
      const heard: unknown[] = []
      client.on('say', (data) => heard.push(data))
      const cursor = readMessages(client.to(address), { last: 2 })
      const loop = follow(cursor)
      await stage.settle()
      log.deliver(4)
      await stage.settle()
      await cursor.return()
      log.deliver(5)
      await stage.settle()
      expect(loop).toEqual({ items: [2, 3, 4], done: true })
      expect(heard).toEqual([4, 5])
    }),
  )

  test('of the inbox keeps the snapshot hook of the client, also before the first connection', () =>
    play(async (stage) => {
      const asked: string[] = []
      const client = stage.client({
        snapshot: restoreFrom(({ address }) => {
          asked.push(address)
          return null
        }),
      })
      readMessages(client.to('@alice'))
      await stage.settle()
      expect(asked.sort()).toEqual(['*', '@alice'])
    }))

  test('of a room joins it, and leaves it at the end', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const log = new FakeLog(stage)
      const cursor = readMessages(client.to('#a'))
      await stage.settle()
      log.deliver(2)
      await stage.settle()
      for await (const item of cursor) {
        expect(item).toMatchObject({ data: 1 })
        break
      }
      await stage.settle()
      expect(stage.hub.at().types.slice(-2)).toEqual(['join', 'leave'])
    }))

  test('of a room that the application has joined leaves it to the application', () =>
    play(async (stage) => {
      const client = await stage.connected()
      client.join('#a')
      await stage.settle()
      await readMessages(client.to('#a')).return()
      await stage.settle()
      expect(stage.hub.at().of('leave')).toEqual([])
    }))

  test("of another user throws the hub's refusal", () =>
    play(async (stage) => {
      const client = await stage.connected()
      stage.hub.script['join'] = (connection, [, ref]) => connection.write(['err', ref, 'forbidden', 'no'])
      const loop = follow(readMessages(client.to('@bob')))
      await stage.settle()
      expect(loop.error).toMatchObject({ code: 'forbidden' })
    }))

  test('ends when the client is closed', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const loops = ['*', '@alice', '#a'].map((address) => follow(readMessages(client.to(address))))
      await stage.settle()
      client.close()
      await stage.settle()
      expect(loops).toEqual([1, 2, 3].map(() => ({ items: [], done: true })))
    }))
})

describe('wrong use', () => {
  test.each([
    { what: 'a session', address: '~s1', options: {}, text: 'a session has no log' },
    { what: 'since and last', address: '#a', options: { since: at(1), last: 1 }, text: "'since' or 'last'" },
    { what: 'a number as since', address: '#a', options: { since: 3 }, text: 'a position in the log' },
    { what: 'last: 0', address: '#a', options: { last: 0 }, text: 'a whole number from 1' },
    { what: 'an unknown option', address: '#a', options: { limit: 3 }, text: "no option 'limit'" },
  ])('$what is refused', ({ address, options, text }) =>
    play(async (stage) => {
      const client = await stage.connected()
      expect(() => readMessages(client.to(address), options as object)).toThrow(text)
      await stage.settle()
      expect(stage.hub.at().of('join')).toEqual([])
    }),
  )

  test.each([undefined, null, 'lobby', {}])('%s is neither a room nor a target', (source) => {
    expect(() => readMessages(source as unknown as ClientTarget<Untyped>)).toThrow('give a room')
  })

  test.each(['*', '#a'])('a closed client reads %s no more', (address) =>
    play(async (stage) => {
      const client = await stage.connected()
      client.close()
      expect(() => readMessages(client.to(address))).toThrow('the client is closed')
    }),
  )
})
