import type { Message } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { msg, play } from '../../support/fake-hub.ts'

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

  test('ends when the room is left, after the messages in the queue', () =>
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
      for (let i = 1; i <= 1_000; i++) expect((await iterator.next()).value.position[1]).toBe(i)
      await expect(iterator.next()).rejects.toMatchObject({ code: 'full' })
      await expect(iterator.next()).resolves.toEqual({ value: undefined, done: true })
    }))

  test('a loop that ends early drops the messages in the queue', () =>
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
