import type { WireStream } from '@chat/testing/conformance'
import { describe, expect, test } from 'vitest'
import type { RawClient } from '../../support/raw-client.ts'
import { altered, paths, position, type Stage, stage } from '../../support/stage.ts'

/** The two ways to give a position: in a `join`, and in the `hello`. */
const ways: [string, (s: Stage, since: unknown) => Promise<{ start: WireStream; client: RawClient }>][] = [
  [
    'join',
    async (s, since) => {
      const client = await s.client('reader')
      const joined = await client.request('join', '#a', { since })
      return { start: (joined.ok ? joined.result : {}) as unknown as WireStream, client }
    },
  ],
  [
    'hello',
    async (s, since) => {
      const client = await s.client('reader', { streams: { '#a': since } })
      return { start: client.welcome.streams['#a'] as WireStream, client }
    },
  ],
]

/** Keeps the last four messages of a log whose writer stays. */
const retention = { log: { retention: { count: 4 } } }

/** A log with ten messages of which the last four are kept. */
async function ten(s: Stage): Promise<{ epoch: string; id: (at: number) => string }> {
  const keeper = await s.client('keeper')
  await keeper.request('join', '#a')
  const sent = await s.publish('#a', 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
  return { epoch: sent[0]?.position[0] ?? '', id: (at) => sent[at - 1]?.id ?? '' }
}

describe.each(paths)('with a backplane that is %s', (path) => {
  describe.each(ways)('a position given in a %s', (_, attach) => {
    test('P-ST-2: the newest position is live', async () => {
      const s = stage({ path, ...retention })
      const { epoch, id } = await ten(s)
      const { start, client } = await attach(s, [epoch, 10, id(10)])
      expect(start).toEqual({ epoch, at: 10, id: id(10), top: 10, mode: 'live' })
      await s.publish('#a', 11)
      expect(client.messages('#a')).toEqual([[11, 11]])
    })

    test('P-ST-2: an older position is replayed from', async () => {
      const s = stage({ path, ...retention })
      const { epoch, id } = await ten(s)
      const { start, client } = await attach(s, [epoch, 8, id(8)])
      expect(start).toEqual({ epoch, at: 8, id: id(8), top: 10, mode: 'replay' })
      expect(client.messages('#a')).toEqual([
        [9, 9],
        [10, 10],
      ])
      expect(client.frames('gap')).toEqual([])
    })

    test('P-ST-2: the base itself is a valid position', async () => {
      const s = stage({ path, ...retention })
      const { epoch, id } = await ten(s)
      const { start, client } = await attach(s, [epoch, 6, id(6)])
      expect(start).toMatchObject({ mode: 'replay', at: 6 })
      expect(client.messages('#a').map(([at]) => at)).toEqual([7, 8, 9, 10])
    })

    test.each([
      ['absent', 'one of a stream the log has nothing of', () => ['other', 3, 'x'], '#nothing'],
      ['epoch', 'one of another epoch', () => ['other', 10, 'x'], '#a'],
      ['epoch', 'the beginning of another epoch', () => ['other', 0, null], '#a'],
      ['trimmed', 'one below the base', (e: string) => [e, 5, 'forged'], '#a'],
      ['trimmed', 'the beginning, when that is no longer kept', (e: string) => [e, 0, null], '#a'],
      ['diverged', 'one beyond the top', (e: string) => [e, 11, 'x'], '#a'],
      ['diverged', 'one with another id', (e: string) => [e, 9, 'forged'], '#a'],
      ['diverged', 'the base with another id', (e: string) => [e, 6, 'forged'], '#a'],
      ['diverged', 'the top with another id', (e: string) => [e, 10, 'forged'], '#a'],
      ['diverged', 'the greatest offset', (e: string) => [e, Number.MAX_SAFE_INTEGER, 'x'], '#a'],
      [
        'diverged',
        'one whose id is as long as a frame allows',
        (e: string) => [e, 9, 'x'.repeat(10_000)],
        '#a',
      ],
    ])('P-ST-2, U-07: %s: %s is a gap up to the top', async (reason, __, since, address) => {
      const s = stage({ path, ...retention })
      const { epoch } = await ten(s)
      const client = await s.client('reader')
      const { top, id } = address === '#a' ? { top: 10, id: expect.any(String) } : { top: 0, id: null }
      const joined = await client.request('join', address, { since: since(epoch) })
      expect(joined).toMatchObject({ ok: true, result: { mode: 'gap', reason, at: top, top, id } })
      await s.publish(address, 'next')
      expect(client.messages(address)).toEqual([[top + 1, 'next']])
      expect(client.frames('gap')).toEqual([])
    })

    test('P-ST-2: a position of a log that was forgotten and made anew is absent or of another epoch, never live', async () => {
      const s = stage({ path, log: { retention: { age: 1_000 } } })
      const [sent] = await s.publish('#a', 1)
      await s.advance(60_000)
      const { start } = await attach(s, position(sent ?? {}))
      expect(start).toMatchObject({ mode: 'gap', reason: 'absent' })
      await s.publish('#a', 2)
      const { start: later } = await attach(s, position(sent ?? {}))
      expect(later).toMatchObject({ mode: 'gap', reason: 'epoch', at: 1 })
    })

    test('P-ST-2: any position is absent while the log is out of reach', async () => {
      let broken = false
      const s = stage({
        path,
        wrap: (backplane) =>
          altered(backplane, {
            read: (stream, range) => {
              if (broken && 'after' in range) throw new Error('the log is out of reach')
              return backplane.read(stream, range)
            },
          }),
      })
      const { epoch, id } = await ten(s)
      broken = true
      const { start } = await attach(s, [epoch, 8, id(8)])
      expect(start).toMatchObject({ mode: 'gap', reason: 'absent', at: 10 })
      expect(s.faults.join()).toContain('out of reach')
    })
  })
})
