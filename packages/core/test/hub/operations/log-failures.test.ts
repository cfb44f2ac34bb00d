import type { AppendResult } from '@chat/core/backplane'
import { describe, expect, test } from 'vitest'
import { altered, deferred, paths, stage } from '../../support/stage.ts'

describe.each(paths)('a log that fails, with a backplane that is %s', (path) => {
  /** Fails as many times as the test says, before or after the message was stored. */
  const failing = (times: number, stored: boolean) => {
    let left = times
    return stage({
      path,
      wrap: (backplane) =>
        altered(backplane, {
          append: async (...message): Promise<AppendResult> => {
            if (left-- <= 0) return backplane.append(...message)
            if (stored) await backplane.append(...message)
            throw new Error('connection to 10.0.0.5 lost')
          },
        }),
    })
  }

  test.each([
    ['did not take', false],
    ['took', true],
  ])(
    'P-PB-3: a message that the log %s is appended again with its key until the outcome is known',
    async (_, stored) => {
      const s = failing(3, stored)
      const alice = await s.client('alice')
      await alice.request('join', '#a')
      await alice.say(['send', 2, '#a', 'say', 'hi'])
      expect(alice.answer(2)).toBeNull()
      await s.advance(5_000)
      expect(alice.answer(2)).toEqual({
        ok: true,
        ref: 2,
        result: { epoch: expect.any(String), at: 1, id: `${alice.id}.2` },
      })
      expect(alice.messages('#a')).toEqual([[1, 'hi']])
      expect(s.errors.filter(({ source }) => source === 'backplane')).toHaveLength(3)
    },
  )

  test('P-PB-3, S-07: later sends to that address wait, sends to other addresses do not', async () => {
    const s = stage({
      path,
      wrap: (backplane) => {
        let broken = true
        return altered(backplane, {
          append: async (stream, ...message) => {
            if (stream === '#a' && broken) {
              broken = false
              throw new Error('lost')
            }
            return backplane.append(stream, ...message)
          },
        })
      },
    })
    const alice = await s.client('alice')
    await alice.say(['send', 1, '#a', 'say', 1], ['send', 2, '#a', 'say', 2], ['send', 3, '#b', 'say', 3])
    expect(alice.answered()).toEqual([3])
    await s.advance(1_000)
    expect(alice.answered()).toEqual([3, 1, 2])
    expect(alice.answer(2)).toMatchObject({ result: { at: 2 } })
  })

  test('P-PB-3: a message that was appended twice calls the listeners once', async () => {
    const s = failing(1, true)
    const told: unknown[] = []
    s.hub.on('say', (data) => told.push(data))
    const alice = await s.client('alice')
    await alice.say(['send', 1, '#a', 'say', 'hi'])
    await s.advance(1_000)
    expect(told).toEqual(['hi'])
  })

  test('P-PB-3: the hub’s own message is stored once too', async () => {
    const s = failing(2, true)
    const sent = s.hub.to('#a').send('say', 'hi')
    await s.advance(1_000)
    expect((await sent).position[1]).toBe(1)
  })

  test('P-PB-3: a hub that closes meanwhile rejects the send as uncertain', async () => {
    const s = failing(1_000, false)
    const outcome = s.hub
      .to('#a')
      .send('say', 'hi')
      .then(String, (error: Error) => error)
    await s.advance(1_000)
    const closed = s.hub.close()
    await s.advance(10_000)
    await closed
    expect(await outcome).toMatchObject({ code: 'uncertain' })
  })

  test('P-PB-3: a repetition that cannot be looked up is appended with its key', async () => {
    const s = stage({
      path,
      wrap: (backplane) =>
        altered(backplane, {
          find: () => {
            throw new Error('lost')
          },
        }),
    })
    const alice = await s.client('alice')
    await alice.call(['send', 1, '#a', 'say', 'hi'])
    expect(await alice.call(['send', 1, '#a', 'say', 'hi'])).toMatchObject({ result: { at: 1, dup: true } })
  })

  test('P-PB-3: a join of a log that is out of reach is unavailable, and may be tried again', async () => {
    const broken = deferred<never>()
    let reads = 0
    const s = stage({
      path,
      wrap: (backplane) =>
        altered(backplane, {
          read: (stream, range) =>
            stream === '#a' && reads++ === 0 ? broken.promise : backplane.read(stream, range),
        }),
    })
    const alice = await s.client('alice')
    await alice.say(['join', 1, '#a'])
    broken.reject(new Error('host 10.0.0.5 is down'))
    await s.settle()
    expect(alice.answer(1)).toMatchObject({ code: 'unavailable' })
    expect(JSON.stringify(alice.frames())).not.toContain('10.0.0.5')
    expect(await alice.request('join', '#a')).toMatchObject({ ok: true })
  })

  test('P-PB-3: a read of a log that is out of reach is unavailable', async () => {
    let broken = false
    const s = stage({
      path,
      wrap: (backplane) =>
        altered(backplane, {
          read: async (stream, range) => {
            if (broken) throw new Error('lost')
            return backplane.read(stream, range)
          },
        }),
    })
    const alice = await s.client('alice')
    broken = true
    expect(await alice.request('read', '#a')).toMatchObject({ code: 'unavailable' })
  })

  test('§10: a session that cannot be stored is closed with 4009', async () => {
    const s = stage({
      path,
      wrap: (backplane) =>
        altered(backplane, {
          sessions: {
            ...backplane.sessions,
            put: async () => {
              throw new Error('host 10.0.0.5 is down')
            },
          },
        }),
    })
    const alice = await s.open()
    await alice.say(['hello', { v: [1, 1], token: 'alice' }])
    expect(alice.code).toBe(4009)
    expect(alice.ended?.reason).not.toContain('10.0.0.5')
    expect(s.hub.sessions).toEqual([])
  })

  test('§10: a handshake in which the hub itself fails is closed with 4004, and reported', async () => {
    const s = stage({
      path,
      wrap: (backplane) =>
        altered(backplane, {
          sessions: { ...backplane.sessions, take: () => null as never },
        }),
    })
    const faults: unknown[] = []
    s.hub.on('$error', ({ source, error }) => faults.push([source, error]))
    const alice = await s.open()
    const session = { id: 's9fK2b_x', secret: 'none', n: 1 }
    await alice.say(['hello', { v: [1, 1], token: 'alice', session }])
    expect([alice.code, alice.ended?.reason]).toEqual([4004, 'the hub has failed'])
    expect(faults).toEqual([['handler', expect.any(TypeError)]])
    expect(s.hub.sessions).toEqual([])
  })

  test('P-HS-7: a handshake whose inbox cannot be opened fails', async () => {
    const s = stage({
      path,
      wrap: (backplane) =>
        altered(backplane, {
          read: async (stream, range) => {
            if (stream === '@alice') throw new Error('lost')
            return backplane.read(stream, range)
          },
        }),
    })
    const alice = await s.open()
    await alice.say(['hello', { v: [1, 1], token: 'alice', streams: { '#a': null } }])
    expect([alice.code, alice.frames()]).toEqual([4009, []])
    expect(s.hub.rooms.size).toBe(0)
    expect(s.store.usage.tails).toBe(0)
  })
})
