import { Client, type KeepPositionsOptions, keepPositions, type Untyped, UsageError } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { live, msg, play, type Stage } from '../../support/fake-hub.ts'
import { MemoryStorage, textOf } from '../../support/memory-storage.ts'

const day = 24 * 60 * 60 * 1_000

/** A page in `#a`, which listens. The log stands at 5. */
async function page(stage: Stage, storage: MemoryStorage, options?: KeepPositionsOptions) {
  if (!stage.hub.streams.has('#a')) stage.hub.streams.set('#a', live(5))
  const client = stage.client({ positions: keepPositions(storage, options) })
  const heard: unknown[] = []
  client.join('#a').on('say', (data) => heard.push(data))
  await stage.settle()
  const connection = stage.hub.at()
  const take = async (...offsets: readonly number[]): Promise<void> => {
    connection.write(...offsets.map((at) => msg('#a', at)))
    await stage.settle()
  }
  return { client, heard, take, connection }
}

describe('the positions are written', () => {
  test('at most twice a second, and only when one has changed', () =>
    play(async (stage) => {
      const storage = new MemoryStorage()
      const { take, connection } = await page(stage, storage)
      await stage.advance(1_000)
      expect(storage.writes).toBe(1)
      for (let at = 6; at < 106; at++) {
        await take(at)
        await stage.advance(10)
      }
      await stage.advance(1_000)
      expect(storage.writes).toBeLessThanOrEqual(4)
      expect(storage.of('alice')['#a']).toEqual(['e1', 105, 'm105'])
      const { writes } = storage
      for (let second = 0; second < 10; second++) {
        connection.write(['pong'])
        await stage.advance(1_000)
      }
      expect(storage.writes).toBe(writes)
    }))

  test('at once when the page ends, and when the client is closed', () =>
    play(async (stage) => {
      const storage = new MemoryStorage()
      const { client, take } = await page(stage, storage)
      await take(6)
      storage.endPage()
      expect(storage.of('alice')['#a']).toEqual(['e1', 6, 'm6'])
      await take(7)
      client.close()
      expect(storage.of('alice')['#a']).toEqual(['e1', 7, 'm7'])
      expect(storage.listening).toBe(0)
    }))

  test('with the last place of a room that was left meanwhile', () =>
    play(async (stage) => {
      const storage = new MemoryStorage()
      stage.hub.streams.set('#b', live(3))
      const { client, connection } = await page(stage, storage)
      const room = client.join('#b')
      room.on('say', () => {})
      await stage.settle()
      connection.write(msg('#b', 4))
      await stage.settle()
      room.leave()
      await stage.advance(1_000)
      expect(storage.of('alice')['#b']).toEqual(['e1', 4, 'm4'])
    }))

  test('before the messages that wait, and behind them once they have a listener', () =>
    play(async (stage) => {
      const storage = new MemoryStorage()
      stage.hub.streams.set('#b', live(3))
      const { client, connection } = await page(stage, storage)
      const room = client.join('#b')
      await stage.settle()
      connection.write(msg('#b', 4))
      await stage.advance(1_000)
      expect(storage.of('alice')['#b']).toEqual(['e1', 3, 'm3'])
      room.on('say', () => {})
      await stage.advance(1_000)
      expect(storage.of('alice')['#b']).toEqual(['e1', 4, 'm4'])
    }))
})

describe('pages that share a storage', () => {
  test('keep the newest place, and one that is behind never takes it back', () =>
    play(async (stage) => {
      const storage = new MemoryStorage()
      const [ahead, behind] = [await page(stage, storage), await page(stage, storage)]
      await ahead.take(6, 7, 8)
      await stage.advance(1_000)
      await behind.take(6)
      await stage.advance(1_000)
      expect(storage.of('alice')['#a']).toEqual(['e1', 8, 'm8'])
      await behind.take(7, 8, 9)
      await stage.advance(1_000)
      expect(storage.of('alice')['#a']).toEqual(['e1', 9, 'm9'])
    }))

  test('go to a new log with the first that is told of it, and a page that stands still does not go back', () =>
    play(async (stage) => {
      const storage = new MemoryStorage()
      const [ahead, behind] = [await page(stage, storage), await page(stage, storage)]
      await stage.advance(1_000)
      await behind.take(6, 7)
      await stage.advance(1_000)
      ahead.connection.write(['gap', '#a', 'epoch', ['e2', 0, null]])
      await stage.advance(1_000)
      expect(storage.of('alice')['#a']).toEqual(['e2', 0, null])
      behind.connection.write(['pong'])
      storage.endPage()
      await stage.advance(1_000)
      expect(storage.of('alice')['#a']).toEqual(['e2', 0, null])
    }))

  test('keep the places of each other’s rooms', () =>
    play(async (stage) => {
      const storage = new MemoryStorage()
      const [one, two] = [await page(stage, storage), await page(stage, storage)]
      two.client.join('#b')
      await one.take(6)
      await stage.advance(1_000)
      expect(Object.keys(storage.of('alice')).sort()).toEqual(['#a', '#b', '*', '@alice'])
    }))

  test('follow a log that was rolled back', () =>
    play(async (stage) => {
      const storage = new MemoryStorage()
      const { connection, take } = await page(stage, storage)
      await take(6, 7, 8)
      await stage.advance(1_000)
      connection.write(['gap', '#a', 'diverged', ['e1', 6, 'm6']])
      await stage.advance(1_000)
      expect(storage.of('alice')['#a']).toEqual(['e1', 6, 'm6'])
    }))
})

describe('the storage is bounded', () => {
  test('in the number of positions: the oldest go first', () =>
    play(async (stage) => {
      const rows = Array.from({ length: 50 }, (_, n) => ['bob', `#room${n}`, 1, -1 - n] as const)
      const storage = new MemoryStorage(textOf(...rows))
      await page(stage, storage, { most: 10 })
      await stage.advance(1_000)
      expect(Object.keys(storage.of('alice'))).toHaveLength(3)
      expect(Object.keys(storage.of('bob'))).toEqual(Array.from({ length: 7 }, (_, n) => `#room${n}`))
    }))

  test('in their age, which counts from the last visit', () =>
    play(async (stage) => {
      const storage = new MemoryStorage(textOf(['alice', '#b', 4, 0], ['alice', '#old', 2, -29 * day]))
      await stage.advance(2 * day)
      const { client } = await page(stage, storage)
      expect(Object.keys(client.positions)).toEqual(['#b', '*', '#a', '@alice'])
      await stage.advance(1_000)
      expect(Object.keys(storage.of('alice')).sort()).toEqual(['#a', '#b', '*', '@alice'])
      client.close()
      for (let visit = 0; visit < 3; visit++) {
        await stage.advance(20 * day)
        const { client: again, connection } = await page(stage, storage)
        expect(connection.hello['streams']).toMatchObject({ '#a': ['e1', 5, 'm5'] })
        await stage.advance(1_000)
        again.close()
      }
      expect(storage.of('alice')).toEqual({
        '*': ['e1', 0, null],
        '#a': ['e1', 5, 'm5'],
        '@alice': ['e1', 0, null],
      })
    }))

  test('and a clock that was set back forgets nothing', () =>
    play(async (stage) => {
      const storage = new MemoryStorage(textOf(['alice', '#b', 4, 400 * day]))
      await page(stage, storage)
      await stage.advance(1_000)
      expect(storage.of('alice')['#b']).toEqual(['e1', 4, 'm4'])
    }))
})

describe('a storage that does not work is told once, and the client goes on', () => {
  const subjects = ({ said }: { said: { errors: readonly { subject?: string | undefined }[] } }) =>
    said.errors.map(({ subject }) => subject)

  test.each([
    ['is no JSON', 'nonsense'],
    ['is of another version', '[2,[]]'],
    ['is another value', '{"a":1}'],
    ['has no list', '[1,7]'],
  ])('when the text %s', (_, text) =>
    play(async (stage) => {
      const storage = new MemoryStorage(text)
      const { client, heard, take } = await page(stage, storage)
      await take(6)
      await stage.advance(1_000)
      expect(heard).toEqual([6])
      expect(client.said.errors).toMatchObject([{ subject: 'positions', error: { code: 'unavailable' } }])
      expect(storage.of('alice')['#a']).toEqual(['e1', 6, 'm6'])
    }),
  )

  test('when it cannot be read or written', () =>
    play(async (stage) => {
      const storage = new MemoryStorage()
      storage.readError = new Error('blocked')
      storage.writeError = new Error('full')
      const { client, heard, take } = await page(stage, storage)
      for (let at = 6; at < 10; at++) {
        await take(at)
        await stage.advance(1_000)
      }
      storage.endPage()
      expect(heard).toEqual([6, 7, 8, 9])
      expect(subjects(client)).toEqual(['positions'])
      expect(String(client.said.errors[0]?.error)).toContain('unable to read the positions: blocked')
      storage.readError = null
      storage.writeError = null
      await take(10)
      await stage.advance(1_000)
      expect(storage.of('alice')['#a']).toEqual(['e1', 10, 'm10'])
    }))

  test('and rows that are malformed are left out without a word', () =>
    play(async (stage) => {
      const [, [good]] = JSON.parse(textOf(['alice', '#b', 4, 0])) as [number, [unknown[]]]
      const [user, address, position, time] = good
      const bad = [
        ...[7, null, [], [user, 'b', position, time], [user, address, ['e1', -1, 'm'], time]],
        ...[
          [1, address, position, time],
          [user, '#e', position, 'now'],
        ],
      ]
      const { client } = await page(stage, new MemoryStorage(JSON.stringify([1, [...bad, good]])))
      expect(Object.keys(client.positions)).toEqual(['#b', '*', '#a', '@alice'])
      expect(client.said.errors).toEqual([])
    }))
})

describe('keepPositions refuses', () => {
  test('a storage without methods, and options that do not exist or have a wrong value', () => {
    const storage = new MemoryStorage()
    expect(() => keepPositions({} as never)).toThrow(
      'unable to keep positions: give a storage with the methods read and write, not an instance of Object',
    )
    expect(() => keepPositions(storage, { max: 1 } as never)).toThrow(UsageError)
    expect(() => keepPositions(storage, { most: 0 })).toThrow(
      "unable to keep positions: the option 'most' must be a number of positions, a whole number from 1, but is 0",
    )
    expect(() => keepPositions(storage, { maxAge: 0 })).toThrow(UsageError)
  })

  test('no client that is made without it', () => {
    const client: Client<Untyped> = new Client({
      dial: () => new Promise(() => {}),
      positions: { '#a': ['e', 0, null] },
    })
    expect(client.positions).toEqual({ '#a': ['e', 0, null] })
    client.close()
  })
})
