import type { StreamWriter } from '@chat/core'
import { describe, expect, test } from 'vitest'
import type { RawClient } from '../../support/raw-client.ts'
import { outcome, paths, type Stage, stage } from '../../support/stage.ts'

/** Opens a stream in `#a`, and writes parts. */
async function written(s: Stage, ...parts: string[]): Promise<StreamWriter<string>> {
  const answer = await s.settled(s.hub.to('#a').stream('answer'))
  for (const part of parts) await s.settled(answer.write(part))
  return answer
}

/** Returns the data of the entries of a stream that a client has got. */
const received = (client: RawClient, address: string): unknown[] =>
  client.messages(address).map(([, data]) => data)

describe.each(paths)('reading a stream, with a backplane that is %s', (path) => {
  test('begins at the beginning, and goes on live (P-SM-4)', async () => {
    const s = stage({ path })
    const bob = await s.client('bob')
    const answer = await written(s, 'one ', 'two ')

    const joined = await bob.request('join', answer.address)
    await s.settled(answer.write('three'))

    expect(joined).toMatchObject({ ok: true, result: { at: 0, id: null, top: 3, mode: 'replay' } })
    expect(received(bob, answer.address)).toEqual(['', 'one ', 'two ', 'three'])
    const first = bob.frames('msg')[0]
    expect(first).toEqual([
      'msg',
      answer.address,
      1,
      'answer',
      '',
      null,
      answer.id,
      expect.any(Number),
      null,
      { stream: true },
    ])
  })

  test('the end ends the membership, without `left` (P-SM-6)', async () => {
    const s = stage({ path })
    const bob = await s.client('bob')
    const answer = await written(s, 'x')
    await bob.request('join', answer.address)
    await s.settled(answer.end())

    expect(received(bob, answer.address)).toEqual(['', 'x', { state: 'done' }])
    expect(bob.frames('left')).toEqual([])
    // It is not joined any more: to join it again is a replay from the beginning, and ends once more.
    bob.news()
    expect(await bob.request('join', answer.address)).toMatchObject({ result: { at: 0, mode: 'replay' } })
    expect(bob.news().filter(([type]) => type === 'msg')).toHaveLength(3)
    expect(outcome(await bob.request('leave', answer.address))).toBe('ok')
  })

  test('a reader that resumes goes on from its place, and at the end it is live and done (P-SM-4)', async () => {
    const s = stage({ path })
    const answer = await written(s, 'a', 'b')
    await s.settled(answer.end())
    const { epoch, entries } = s.store.read(answer.address, { after: 0, limit: 10 })
    const since = (n: number) => [epoch, entries[n]?.at, entries[n]?.id]

    const bob = await s.client('bob')
    const joined = await bob.request('join', answer.address, { since: since(1) })
    expect(joined).toMatchObject({ result: { at: 2, top: 4, mode: 'replay' } })
    expect(received(bob, answer.address)).toEqual(['b', { state: 'done' }])

    expect(await bob.request('join', answer.address, { since: since(3) })).toMatchObject({
      result: { at: 4, mode: 'live' },
    })
    expect(bob.messages(answer.address)).toHaveLength(2)
  })

  test('a position that cannot be continued leads to the beginning (P-SM-5)', async () => {
    const s = stage({ path })
    const answer = await written(s, 'a')
    const bob = await s.client('bob')
    const joined = await bob.request('join', answer.address, { since: ['other', 2, 'x.1'] })
    expect(joined).toMatchObject({ result: { at: 0, id: null, top: 2, mode: 'gap', reason: 'epoch' } })
    expect(received(bob, answer.address)).toEqual(['', 'a'])
  })

  test('limits.replay does not apply (P-SM-5)', async () => {
    const s = stage({ path, limits: { replay: 2 } })
    const answer = await written(s, 'a', 'b', 'c', 'd')
    const { epoch, entries } = s.store.read(answer.address, { after: 0, limit: 1 })
    const bob = await s.client('bob')
    await bob.request('join', answer.address, { since: [epoch, 1, entries[0]?.id] })
    expect(received(bob, answer.address)).toEqual(['a', 'b', 'c', 'd'])
  })

  test('a log that is gone: `left` with not_found (P-SM-5)', async () => {
    const s = stage({ path })
    const answer = await written(s, 'a')
    const bob = await s.client('bob')
    await bob.request('join', answer.address)
    s.store.forget(answer.address)
    await expect(s.settled(answer.write('b'))).rejects.toMatchObject({ code: 'not_found' })
    await s.advance(25_000)
    expect(bob.frames('left')).toEqual([['left', answer.address, 'not_found', expect.any(String)]])
    expect(bob.frames('gap')).toEqual([])
    expect(outcome(await bob.request('join', answer.address))).toBe('not_found')
  })

  test('a log that begins anew in another epoch: a gap to the beginning, and everything again (P-SM-5)', async () => {
    const s = stage({ path })
    const answer = await written(s, 'a')
    const bob = await s.client('bob')
    await bob.request('join', answer.address)
    const { epoch } = s.store.read(answer.address, { after: 0, limit: 1 })
    s.store.bump(answer.address, epoch)
    bob.news()
    await s.advance(25_000)
    const [gap, ...rest] = bob.news().filter(([type]) => type === 'gap' || type === 'msg')
    expect(gap).toEqual(['gap', answer.address, 'epoch', [expect.not.stringMatching(epoch), 0, null]])
    expect(rest.slice(0, 2).map((frame) => frame[4])).toEqual(['', 'a'])
  })

  test('no such stream is not_found, and the asking leaves no trace (P-SM-4)', async () => {
    const s = stage({ path })
    const bob = await s.client('bob')
    const before = s.store.usage
    const address = '^abcdefgh.1/#a'
    expect(outcome(await bob.request('join', address))).toBe('not_found')
    expect(s.store.usage).toEqual(before)
  })

  test('read, who and state are unsupported, a send is forbidden, a cast is dropped (P-SM-4, P-SM-12)', async () => {
    const s = stage({ path, presence: {} })
    const bob = await s.client('bob')
    const { address } = await written(s, 'a')
    const dropped = s.hub.counters.droppedCasts
    expect(outcome(await bob.request('read', address))).toBe('unsupported')
    expect(outcome(await bob.request('who', address))).toBe('unsupported')
    expect(outcome(await bob.request('state', address, 1))).toBe('unsupported')
    expect(outcome(await bob.request('send', address, 'answer', 'x'))).toBe('forbidden')
    await bob.say(['cast', address, 'answer', 'x'])
    expect(s.hub.counters.droppedCasts).toBe(dropped + 1)
    expect(s.store.read(address, { after: 0, limit: 9 }).top).toBe(2)
  })

  test.each([
    '^abcdefgh.1',
    '^abcdefgh.0/#a',
    '^abc.1/#a',
    '^abcdefgh.1/~abcdefgh',
    '^abcdefgh.1/^abcdefgh.1/#a',
  ])('the malformed address %s is bad_request (P-SM-1)', async (address) => {
    const bob = await stage({ path }).client('bob')
    expect(outcome(await bob.request('join', address))).toBe('bad_request')
  })

  test('in `hello`: from the beginning with null, and the end ends the membership (P-SM-4, P-SM-6)', async () => {
    const s = stage({ path })
    const answer = await written(s, 'a')
    await s.settled(answer.end())
    const bob = await s.client('bob', {
      streams: { [answer.address]: null, '^abcdefgh.1/#a': null, '^abcdefgh.1/@alice': null },
    })
    expect(bob.welcome.streams).toMatchObject({
      [answer.address]: { at: 0, id: null, top: 3, mode: 'replay' },
      '^abcdefgh.1/#a': { mode: 'refused', code: 'not_found' },
      '^abcdefgh.1/@alice': { mode: 'refused', code: 'forbidden' },
    })
    expect(received(bob, answer.address)).toEqual(['', 'a', { state: 'done' }])
  })

  test('a slow reader gets every part from the log (P-LV-4)', async () => {
    const s = stage({ path, limits: { queue: 2_000 } })
    const bob = await s.client('bob')
    const answer = await written(s)
    await bob.request('join', answer.address)
    const words = Array.from({ length: 300 }, (_, n) => `${n} `.padEnd(500, '.'))
    for (const word of words) void answer.write(word)
    await s.settled(answer.end())
    await s.advance(1_000)
    const parts = received(bob, answer.address)
    expect(parts.slice(0, -1).join('')).toBe(words.join(''))
    expect(parts.at(-1)).toEqual({ state: 'done' })
  })
})

describe.each(paths)('permission to read a stream, with a backplane that is %s', (path) => {
  test('is that of its parent: nothing is asked of a session that has joined it (P-SM-4)', async () => {
    const asked: string[] = []
    const s = stage({
      path,
      authorize: ({ action, address }) => {
        asked.push(`${action} ${address}`)
        return address !== '#b'
      },
    })
    const bob = await s.client('bob')
    const answer = await written(s, 'x')
    expect(outcome(await bob.request('join', answer.address))).toBe('ok')
    await bob.request('leave', answer.address)
    await bob.request('join', '#a')
    expect(outcome(await bob.request('join', answer.address))).toBe('ok')
    expect(outcome(await bob.request('join', '^abcdefgh.1/#b'))).toBe('forbidden')
    expect(asked).toEqual(['join #a', 'join #a', 'join #b'])
  })

  test('of `*` belongs to everyone, of a user to their own sessions (P-SM-4, P-AD-2)', async () => {
    const s = stage({ path, authorize: () => false })
    const [alice, bob] = [await s.client('alice'), await s.client('bob')]
    const all = await s.settled(s.hub.to('*').stream('answer'))
    const own = await s.settled(s.hub.to('@alice').stream('answer'))
    const joins = async (client: RawClient, { address }: { address: string }) =>
      outcome(await client.request('join', address))
    expect([await joins(alice, all), await joins(alice, own)]).toEqual(['ok', 'ok'])
    expect([await joins(bob, all), await joins(bob, own)]).toEqual(['ok', 'forbidden'])
  })

  test('is asked once for a room and all its streams in a `hello` (P-SM-4)', async () => {
    const asked: string[] = []
    const s = stage({ path, authorize: ({ address }) => asked.push(address) > 0 })
    const streams = [await written(s), await written(s)].map(({ address }) => [address, null])
    await s.client('bob', { streams: Object.fromEntries([...streams, ['#a', null]]) })
    await s.client('eve', { streams: Object.fromEntries(streams) })
    expect(asked).toEqual(['#a', '#a'])
  })

  test.each([true, false])(
    'a removal takes the streams of the room, joined (%s) or not (P-SM-4)',
    async (joined) => {
      const s = stage({ path })
      const bob = await s.client('bob')
      const answer = await written(s, 'x')
      if (joined) await bob.request('join', '#a')
      await bob.request('join', answer.address)
      await s.settled(s.hub.to('#a').remove('@bob'))
      await s.settled(answer.write('secret'))
      expect(bob.frames('left').map((frame) => frame[1])).toEqual(
        joined ? ['#a', answer.address] : [answer.address],
      )
      expect(received(bob, answer.address)).toEqual(['', 'x'])
    },
  )

  test.each([true, false])(
    'reauthorize() takes them as well, joined (%s) or not (P-SM-4)',
    async (joined) => {
      let allowed = true
      const s = stage({ path, authorize: () => allowed })
      const bob = await s.client('bob')
      const answer = await written(s, 'x')
      if (joined) await bob.request('join', '#a')
      await bob.request('join', answer.address)
      allowed = false
      await s.settled(s.hub.reauthorize('@bob'))
      expect(bob.frames('left').map((frame) => frame[1])).toContain(answer.address)
      allowed = true
      await s.settled(answer.write('secret'))
      expect(received(bob, answer.address)).toEqual(['', 'x'])
    },
  )

  test('a leave of the room takes nothing (P-SM-4)', async () => {
    const s = stage({ path })
    const bob = await s.client('bob')
    const answer = await written(s)
    await bob.request('join', '#a')
    await bob.request('join', answer.address)
    await bob.request('leave', '#a')
    await s.settled(answer.write('x'))
    expect(received(bob, answer.address)).toEqual(['', 'x'])
  })
})

describe.each(paths)('limits of streams, with a backplane that is %s', (path) => {
  test('streams are not counted as rooms, and have a limit of their own (P-SM-4)', async () => {
    const s = stage({ path, limits: { streams: 2, rooms: 1 } })
    const bob = await s.client('bob')
    const streams = [await written(s), await written(s), await written(s)] as const
    const joins = async (address: string) => outcome(await bob.request('join', address))
    expect(await joins('#a')).toBe('ok')
    expect([await joins(streams[0].address), await joins(streams[1].address)]).toEqual(['ok', 'ok'])
    expect(await joins(streams[2].address)).toBe('too_large')
    expect(await joins(streams[0].address)).toBe('ok')
    expect(await joins('#b')).toBe('too_large')
    await s.settled(streams[0].end())
    expect(await joins(streams[2].address)).toBe('ok')
    expect(bob.welcome.limits).toMatchObject({ streams: 2 })
  })

  test('their joins have a rate of their own (P-SM-4)', async () => {
    const s = stage({ path, limits: { burst: 3, rate: 1 } })
    const bob = await s.client('bob')
    const { address } = await written(s)
    const outcomes: string[] = []
    for (let n = 0; n < 4; n++) outcomes.push(outcome(await bob.request('join', address)))
    expect(outcomes).toEqual(['ok', 'ok', 'ok', 'rate_limited'])
    expect(outcome(await bob.request('join', '#a'))).toBe('ok')
  })
})
