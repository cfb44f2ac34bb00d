import { ChatError, contract, readMessages } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { live, msg, play } from '../../support/fake-hub.ts'
import { at, FakeLog, follow, grownLog, joinedRoom, range, short } from '../../support/fake-log.ts'

describe('a cursor reads the log', () => {
  test('unless the hub forbids that: the loop ends with the reason, behind the messages that it has', () =>
    play(async (stage) => {
      const { room, log } = await joinedRoom(stage)
      stage.hub.script['read'] = (connection, [, ref]) => connection.write(['err', ref, 'forbidden', 'no'])
      const cursor = readMessages(room)
      log.deliver(300)
      const loop = follow(cursor)
      await stage.settle()
      expect(loop.items).toEqual(range(1, 256))
      expect(loop.error).toMatchObject({ code: 'forbidden', cause: { message: 'no' } })
      expect(String(loop.error)).toMatch(/does not let this client 'read'/)
    }))

  test('again when it was out of reach', () =>
    play(async (stage) => {
      grownLog(stage, 3)
      const { read } = stage.hub.script
      stage.hub.script['read'] = (connection, [, ref]) => connection.write(['err', ref, 'unavailable', 'no'])
      const client = await stage.connected()
      const loop = follow(readMessages(client.join('#a'), { since: at(0) }))
      await stage.advance(2_500)
      expect(stage.hub.at().of('read')).toHaveLength(3)
      stage.hub.script['read'] = read as (typeof stage.hub.script)['read']
      await stage.advance(1_000)
      expect(loop.items).toEqual([1, 2, 3])
    }))

  test('again on the next connection', () =>
    play(async (stage) => {
      grownLog(stage, 3)
      const { read } = stage.hub.script
      stage.hub.script['read'] = () => {}
      const client = await stage.connected()
      const loop = follow(readMessages(client.join('#a'), { last: 2 }))
      await stage.settle()
      stage.hub.script['read'] = read as (typeof stage.hub.script)['read']
      stage.hub.at().cut()
      await stage.advance(3_000)
      expect(loop.items).toEqual([2, 3])
    }))

  test('until it has the messages that were dropped, also where they arrive late', () =>
    play(async (stage) => {
      const { room, log } = await joinedRoom(stage)
      const late = new FakeLog(stage)
      const cursor = readMessages(room)
      log.deliver(300)
      late.grow(256)
      const loop = follow(cursor)
      await stage.settle()
      expect(loop.items).toEqual(range(1, 256))
      late.grow(260)
      await stage.advance(1_000)
      expect(loop.items).toEqual(range(1, 300))
    }))

  test('once more when the room was joined after the page was read', () =>
    play(async (stage) => {
      const log = new FakeLog(stage)
      log.grow(3)
      const { join } = stage.hub.script
      stage.hub.script['join'] = (connection, [, ref]) =>
        connection.write(['err', ref, 'rate_limited', 'no', { detail: { limit: 'rate' } }])
      const client = await stage.connected()
      const loop = follow(readMessages(client.join('#a'), { since: at(1) }))
      await stage.settle()
      expect(loop.items).toEqual([2, 3])
      log.grow(5)
      stage.hub.streams.set('#a', { ...live(5), id: 'e1.5' })
      stage.hub.script['join'] = join as (typeof stage.hub.script)['join']
      await stage.advance(1_500)
      log.deliver(6)
      await stage.settle()
      expect(loop.items).toEqual([2, 3, 4, 5, 6])
    }))

  test('beyond messages that the contract forbids, and without those that were redacted', () =>
    play(async (stage) => {
      const log = new FakeLog(stage)
      log.grow(1_000)
      for (const n of range(2, 700)) log.frames.set(n, msg('#a', n, { id: `e1.${n}`, data: 'no number' }))
      log.frames.set(701, msg('#a', 701, { id: 'e1.701', event: '$redacted', data: null }))
      stage.hub.streams.set('#a', { ...live(1_000), id: 'e1.1000' })
      const client = await stage.connected({ contract: contract({ events: { say: z.number() } }) as never })
      const cursor = readMessages(client.join('#a'), { since: at(0) })
      const loop = follow(cursor)
      await stage.settle()
      expect(loop.items).toEqual([1, ...range(702, 1_000)])
      expect(client.said.errors).toHaveLength(699)
    }))

  test('without messages that it has returned already, where a log that was rolled back has them again', () =>
    play(async (stage) => {
      const { room, log } = await joinedRoom(stage)
      const loop = follow(readMessages(room))
      log.deliver(5)
      await stage.settle()
      log.offsets.length = 3
      log.frames.set(4, msg('#a', 4, { id: 'e1.5' }))
      log.frames.set(5, msg('#a', 5, { id: 'other' }))
      log.grow(5)
      stage.hub.at().write(['gap', '#a', 'diverged', ['e1', 3, 'e1.3']])
      await stage.settle()
      expect(loop.items).toEqual([1, 2, 3, 4, 5, ['diverged', 5, 3], 5])
    }))
})

describe('a cursor ends', () => {
  test('with the error of a hub that forbids to read the log', () =>
    play(async (stage) => {
      stage.hub.script['read'] = (connection, [, ref]) => connection.write(['err', ref, 'forbidden', 'no'])
      const client = await stage.connected()
      const loop = follow(readMessages(client.join('#a'), { last: 5 }))
      await stage.settle()
      expect(loop).toMatchObject({ items: [], error: { code: 'forbidden' } })
    }))

  test.each(['leave', 'close', 'return'] as const)('at once while a page is under way (%s)', (how) =>
    play(async (stage) => {
      stage.hub.script['read'] = () => {}
      const client = await stage.connected()
      const room = client.join('#a')
      const cursor = readMessages(room, { last: 5 })
      const loop = follow(cursor)
      const page = stage.watch(cursor.older(5))
      await stage.settle()
      if (how === 'leave') room.leave()
      else if (how === 'close') client.close()
      else await cursor.return()
      await stage.settle()
      expect(loop).toEqual({ items: [], done: true })
      expect(page.error).toBeInstanceOf(ChatError)
      expect(page.error).toMatchObject({ code: 'closed' })
    }),
  )

  test('while it waits for the log, and leaves no timer', () =>
    play(async (stage) => {
      stage.hub.script['read'] = (connection, [, ref]) => connection.write(['err', ref, 'unavailable', 'no'])
      const client = await stage.connected()
      const room = client.join('#a')
      const loop = follow(readMessages(room, { last: 5 }))
      await stage.advance(10)
      const { pending } = stage.time
      room.leave()
      await stage.settle()
      expect(loop.done).toBe(true)
      expect(stage.time.pending).toBe(pending - 1)
    }))

  test('with its items, and with no message that came behind a part of the log that was not read', () =>
    play(async (stage) => {
      const { room, log } = await joinedRoom(stage)
      const cursor = readMessages(room)
      log.deliver(300)
      await stage.settle()
      room.leave()
      const loop = follow(cursor)
      await stage.settle()
      expect(loop).toEqual({ items: range(1, 256), done: true })
    }))

  test('and returns older messages no more', () =>
    play(async (stage) => {
      grownLog(stage, 5)
      const client = await stage.connected()
      const cursor = readMessages(client.join('#a'), { last: 2 })
      const page = stage.watch(cursor.older(2))
      await stage.settle()
      expect(page.value?.map(short)).toEqual([2, 3])
      await cursor.return()
      await expect(cursor.older(2)).rejects.toMatchObject({ code: 'closed' })
    }))
})

test('an error of `older` keeps the place: the next call reads the same messages', () =>
  play(async (stage) => {
    const log = new FakeLog(stage)
    log.grow(9)
    stage.hub.streams.set('#a', { ...live(9), id: 'e1.9' })
    const client = await stage.connected()
    const cursor = readMessages(client.join('#a'), { since: at(8) })
    const { read } = stage.hub.script
    stage.hub.script['read'] = (connection, [, ref]) => connection.write(['err', ref, 'unavailable', 'no'])
    const failed = stage.watch(cursor.older(3))
    await stage.settle()
    expect(failed.error).toMatchObject({ code: 'unavailable' })
    stage.hub.script['read'] = read as (typeof stage.hub.script)['read']
    const page = stage.watch(cursor.older(3))
    await stage.settle()
    expect(page.value?.map(short)).toEqual([6, 7, 8])
  }))
