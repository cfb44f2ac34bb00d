import { readMessages } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { live, msg, play } from '../../support/fake-hub.ts'
import { at, FakeLog, follow, grownLog, joinedRoom, range, short } from '../../support/fake-log.ts'

describe('a slow consumer', () => {
  test('gets every message, in order and once, and the cursor keeps a bounded number of them', () =>
    play(async (stage) => {
      const { room, log } = await joinedRoom(stage)
      const cursor = readMessages(room)
      log.deliver(2_000)
      await stage.settle()
      const seen = follow(cursor)
      await stage.settle()
      expect(seen.items).toEqual(range(1, 2_000))
      log.deliver(2_010)
      await stage.settle()
      expect(seen.items).toEqual(range(1, 2_010))
      const pages = stage.hub.at().of('read')
      expect(pages[0]).toEqual(['read', expect.any(Number), '#a', { after: 255, limit: 256 }])
      expect(pages.length).toBeLessThan(10)
    }))

  test('gets what comes while the log is read behind what was read', () =>
    play(async (stage) => {
      const { room, log } = await joinedRoom(stage)
      const answer = stage.hub.script['read']
      const cursor = readMessages(room)
      log.deliver(300)
      await stage.settle()
      stage.hub.script['read'] = (connection, frame) => {
        answer?.(connection, frame)
        if (log.top < 2_000) log.deliver(log.top + 400)
      }
      const seen = follow(cursor)
      await stage.settle()
      expect(seen.items).toEqual(range(1, log.top))
    }))

  test('finds a gap in the place of messages that the log no longer has', () =>
    play(async (stage) => {
      const { room, log } = await joinedRoom(stage)
      const cursor = readMessages(room)
      log.deliver(600)
      log.trim(500)
      await stage.settle()
      const seen = follow(cursor)
      await stage.settle()
      expect(seen.items).toEqual([...range(1, 256), ['trimmed', 256, 500], ...range(501, 600)])
    }))
})

describe('since', () => {
  test('reads the messages behind a position, and goes on with those that come', () =>
    play(async (stage) => {
      const log = grownLog(stage, 20)
      const client = await stage.connected()
      const seen = follow(readMessages(client.join('#a'), { since: at(15) }))
      await stage.settle()
      log.deliver(22)
      await stage.settle()
      expect(seen.items).toEqual(range(16, 22))
    }))

  test.each([
    { title: 'of an earlier log', since: ['e0', 3, 'e0.3'], gap: ['epoch', 3, 5] },
    { title: 'that the log no longer has', since: ['e1', 3, 'e1.3'], gap: ['trimmed', 3, 5] },
    { title: 'of another message', since: ['e1', 7, 'other'], gap: ['diverged', 7, 7] },
    { title: 'beyond the top', since: ['e1', 30, 'e1.30'], gap: ['diverged', 30, 10] },
  ] as const)('a position $title begins with a gap', ({ since, gap }) =>
    play(async (stage) => {
      const log = new FakeLog(stage)
      log.grow(10)
      log.trim(5)
      stage.hub.streams.set('#a', { ...live(10), id: 'e1.10' })
      const client = await stage.connected()
      const seen = follow(readMessages(client.join('#a'), { since }))
      await stage.settle()
      log.deliver(12)
      await stage.settle()
      expect(seen.items).toEqual([gap, ...range(gap[2] + 1, 12)])
    }),
  )

  test('takes the position after a gap, whose id is not known', () =>
    play(async (stage) => {
      const log = new FakeLog(stage)
      log.grow(10)
      log.trim(5)
      stage.hub.streams.set('#a', { ...live(10), id: 'e1.10' })
      const client = await stage.connected()
      const seen = follow(readMessages(client.join('#a'), { since: ['e1', 5, null] }))
      await stage.settle()
      expect(seen.items).toEqual(range(6, 10))
    }))
})

describe('last', () => {
  test('begins with the newest messages, and goes on with those that come', () =>
    play(async (stage) => {
      const log = grownLog(stage, 20)
      const client = await stage.connected()
      const seen = follow(readMessages(client.join('#a'), { last: 5 }))
      await stage.settle()
      log.deliver(22)
      await stage.settle()
      expect(seen.items).toEqual(range(16, 22))
      expect(stage.hub.at().of('read')).toHaveLength(1)
    }))

  test('begins with all messages of a log that has fewer', () =>
    play(async (stage) => {
      const log = new FakeLog(stage)
      const client = await stage.connected()
      const seen = follow(readMessages(client.join('#a'), { last: 5 }))
      await stage.settle()
      log.deliver(2)
      await stage.settle()
      expect(seen.items).toEqual([1, 2])
    }))
})

describe('older', () => {
  test('reads the messages before the oldest, page by page, and nothing at the beginning', () =>
    play(async (stage) => {
      const log = new FakeLog(stage)
      log.grow(20)
      log.trim(4)
      stage.hub.streams.set('#a', { ...live(20), id: 'e1.20' })
      const client = await stage.connected()
      const cursor = readMessages(client.join('#a'), { last: 5 })
      const seen = follow(cursor)
      await stage.settle()
      const pages = [cursor.older(7), cursor.older(7), cursor.older(7)].map((page) => stage.watch(page))
      await stage.settle()
      expect(seen.items).toEqual(range(16, 20))
      expect(pages.map(({ value }) => value?.map(short))).toEqual([range(9, 15), range(5, 8), []])
    }))

  test('of a cursor that has returned no message yet begins at the newest, which do not come again', () =>
    play(async (stage) => {
      const log = new FakeLog(stage)
      log.grow(10)
      const client = await stage.connected()
      stage.hub.streams.set('#a', { ...live(8), id: 'e1.8' })
      const room = client.join('#a')
      await stage.settle()
      const cursor = readMessages(room)
      const page = stage.watch(cursor.older(4))
      await stage.settle()
      stage.hub.at().write(...[9, 10].map((n) => msg('#a', n, { id: `e1.${n}` })))
      log.deliver(11)
      const seen = follow(cursor)
      await stage.settle()
      expect(page.value?.map(short)).toEqual(range(7, 10))
      expect(seen.items).toEqual([11])
    }))

  test('reads the messages before those to begin with, also when it is called first', () =>
    play(async (stage) => {
      grownLog(stage, 10)
      const client = await stage.connected()
      const cursor = readMessages(client.join('#a'), { last: 3 })
      const page = stage.watch(cursor.older(3))
      const seen = follow(cursor)
      await stage.settle()
      expect(page.value?.map(short)).toEqual([5, 6, 7])
      expect(seen.items).toEqual([8, 9, 10])
    }))

  test.each([0, 1.5, Number.NaN, '3'])('refuses %s, which is no number of messages', (count) =>
    play(async (stage) => {
      const client = await stage.connected()
      const cursor = readMessages(client.join('#a'))
      await expect(cursor.older(count as number)).rejects.toMatchObject({ code: 'usage' })
    }),
  )
})
