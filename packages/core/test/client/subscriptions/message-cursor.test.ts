import { readMessages } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { msg, play } from '../../support/fake-hub.ts'

describe('readMessages', () => {
  test('gives the durable messages as they come, in order, to each of its iterators', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const room = client.join('#a')
      await stage.settle()
      const [one, two] = [readMessages(room), readMessages(room)]
      const early = [one.next(), one.next()]
      stage.hub.at().write(msg('#a', 1), ['cast', '#a', 'say', 'volatile', 'bob'], msg('#a', 2), msg('#a', 3))
      await stage.settle()
      expect(await Promise.all(early)).toMatchObject([{ value: { data: 1 } }, { value: { data: 2 } }])
      expect(await one.next()).toMatchObject({ value: { data: 3 } })
      expect(await two.next()).toMatchObject({ value: { data: 1 } })
    }))

  test('ends when the room is left, after the messages in the queue', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const room = client.join('#a')
      await stage.settle()
      const iterator = readMessages(room)
      stage.hub.at().write(msg('#a', 1))
      await stage.settle()
      room.leave()
      const all: unknown[] = []
      for await (const item of iterator) all.push(item)
      expect(all).toMatchObject([{ data: 1 }])
    }))

  test.each(['leave', 'close'] as const)('of a room that has ended is at its end already (%s)', (how) =>
    play(async (stage) => {
      const client = await stage.connected()
      const room = client.join('#a')
      if (how === 'leave') room.leave()
      else client.close()
      await expect(readMessages(room).next()).resolves.toEqual({ value: undefined, done: true })
    }),
  )

  test('a consumer that waits is released by the end', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const room = client.join('#a')
      const next = readMessages(room).next()
      client.close()
      await expect(next).resolves.toEqual({ value: undefined, done: true })
    }))

  test('a loop that ends early drops the messages in the queue', () =>
    play(async (stage) => {
      const client = await stage.connected()
      const room = client.join('#a')
      await stage.settle()
      const iterator = readMessages(room)
      stage.hub.at().write(msg('#a', 1), msg('#a', 2))
      await stage.settle()
      for await (const message of iterator) {
        expect(message).toMatchObject({ data: 1 })
        break
      }
      await expect(iterator.next()).resolves.toEqual({ value: undefined, done: true })
    }))
})
