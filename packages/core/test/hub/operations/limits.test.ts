import { describe, expect, test } from 'vitest'
import { outcome, paths, stage } from '../../support/stage.ts'

/** A send with an exact number of bytes. */
function sized(ref: number, bytes: number): string {
  const frame = JSON.stringify(['send', ref, '#a', 'say', ''])
  return frame.replace('""]', `"${'x'.repeat(bytes - frame.length)}"]`)
}

describe.each(paths)('sizes, with a backplane that is %s', (path) => {
  test('P-LV-3: a frame of 64 KiB is accepted, a frame with one more byte is closed with 4514', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.say(sized(1, 64 * 1024))
    expect(outcome(alice.answer(1))).toBe('ok')
    await alice.say(sized(2, 64 * 1024 + 1))
    expect([alice.code, alice.answered()]).toEqual([4514, [1]])
  })

  test('P-LV-3: a frame is measured in bytes, not in characters', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.say(['send', 1, '#a', 'say', '€'.repeat(22_000)])
    expect(alice.code).toBe(4514)
  })

  test('P-LV-3: the frames before a frame that is too large keep their effect', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.say(sized(1, 100), sized(2, 70_000), sized(3, 100))
    expect(alice.code).toBe(4514)
    const bob = await s.client('bob')
    expect(await bob.request('read', '#a')).toMatchObject({ result: { top: 1 } })
  })

  test('P-LV-3: a transmission of 256 KiB is accepted, with one more byte it is closed with 4514 and none of it runs', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    const quarter = 64 * 1024 - 1
    await alice.say(sized(1, quarter), sized(2, quarter), sized(3, quarter), sized(4, quarter + 1))
    expect(alice.answered()).toEqual([1, 2, 3, 4])
    await alice.say(sized(5, quarter), sized(6, quarter), sized(7, quarter), sized(8, quarter + 2))
    expect([alice.code, alice.answered()]).toEqual([4514, [1, 2, 3, 4]])
  })

  test('P-LV-3: sizes can be set, and are named in the welcome', async () => {
    const s = stage({ path, limits: { frame: 200, transmission: 300 } })
    const alice = await s.client('alice')
    expect(alice.welcome.limits).toMatchObject({ frame: 200, transmission: 300 })
    await alice.say(sized(1, 149), sized(2, 150))
    expect(alice.answered()).toEqual([1, 2])
    await alice.say(sized(3, 201))
    expect(alice.code).toBe(4514)
  })

  test('P-LV-3: the hub writes single frames, or transmissions of at most 256 KiB', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.request('join', '#a')
    await s.publish(
      '#a',
      ...Array.from({ length: 60 }, (_, i) => `${i}${'€'.repeat(7_000)}`),
      'x'.repeat(290_000),
    )
    expect(alice.messages('#a')).toHaveLength(61)
    for (const text of alice.transmissions)
      if (text.includes('\n')) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(256 * 1024)
    expect(Math.max(...alice.transmissions.map((text) => Buffer.byteLength(text)))).toBeLessThanOrEqual(
      320 * 1024,
    )
  })

  test('P-LV-3: the hub refuses to send data that would not fit a frame', async () => {
    const s = stage({ path })
    await expect(s.hub.to('#a').send('say', 'x'.repeat(301 * 1024))).rejects.toMatchObject({
      code: 'too_large',
    })
  })
})

describe.each(paths)('rooms of a session, with a backplane that is %s', (path) => {
  test('P-LV-3, SEC-14: a join beyond 128 rooms is too_large, and everyone and the own inbox do not count', async () => {
    const s = stage({ path, limits: { burst: 1_000 } })
    const alice = await s.client('alice')
    for (let i = 0; i < 128; i++) expect(outcome(await alice.request('join', `#${i}`))).toBe('ok')
    expect(outcome(await alice.request('join', '#128'))).toBe('too_large')
    expect(outcome(await alice.request('join', '#0'))).toBe('ok')
    expect(outcome(await alice.request('join', '*'))).toBe('ok')
    expect(outcome(await alice.request('join', '@alice'))).toBe('ok')
    await alice.request('leave', '#5')
    expect(outcome(await alice.request('join', '#128'))).toBe('ok')
    expect(s.hub.rooms.size).toBe(128)
  })

  test('P-LV-3, SEC-14: concurrent joins cannot pass the limit', async () => {
    const s = stage({ path, limits: { rooms: 3 } })
    const alice = await s.client('alice')
    await alice.say(...Array.from({ length: 8 }, (_, i) => ['join', i + 1, `#${i}`]))
    const outcomes = Array.from({ length: 8 }, (_, i) => outcome(alice.answer(i + 1)))
    expect(outcomes.toSorted()).toEqual([...Array(3).fill('ok'), ...Array(5).fill('too_large')])
    expect(s.hub.rooms.size).toBe(3)
  })
})
