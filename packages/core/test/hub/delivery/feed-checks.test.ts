import type { Backplane, HintReliability, LogHint } from '@chat/core/backplane'
import { describe, expect, test } from 'vitest'
import { altered, stage } from '../../support/stage.ts'

/** A hub whose backplane says that its hints are so reliable, and loses those of some rooms. */
function losing(hints: HintReliability, lost: (stream: string) => boolean = () => true) {
  const heads: (readonly string[])[] = []
  const reads: string[] = []
  const wrap = (backplane: Backplane): Backplane =>
    altered(backplane, {
      capabilities: { ...backplane.capabilities, hints },
      heads: (streams) => {
        heads.push(streams)
        return backplane.heads(streams)
      },
      read: (stream, range) => {
        reads.push(stream)
        return backplane.read(stream, range)
      },
      tail: (stream: string, listener: (hint: LogHint) => void) =>
        backplane.tail(stream, lost(stream) ? () => {} : listener),
    })
  return { heads, reads, s: stage({ wrap, limits: { rooms: 5_000, burst: 10_000 } }) }
}

describe('lost hints', () => {
  test('S-03: are found within 10 s where any may be lost, and only logs that stand elsewhere are read', async () => {
    const { heads, reads, s } = losing('lossy', (stream) => stream === '#a')
    const alice = await s.client('alice', { streams: { '#a': null, '#b': null } })
    await s.advance(11_000)
    reads.length = 0
    heads.length = 0
    await s.publish('#a', 'lost')
    await s.publish('#b', 'told')
    expect(alice.messages('#a')).toEqual([])
    await s.advance(11_000)
    expect(alice.messages('#a')).toEqual([[1, 'lost']])
    expect(new Set(reads)).toEqual(new Set(['#a']))
    expect(heads.flat().toSorted()).toEqual(['#a', '#b', '*', '@alice'])
  })

  test('S-03: are found within 2 minutes where the connection tells of losses', async () => {
    const { heads, s } = losing('connected')
    const alice = await s.client('alice', { streams: { '#a': null } })
    await s.publish('#a', 'lost')
    const wait = async (times: number) => {
      for (let i = 0; i < times; i++) {
        await s.advance(10_000)
        await alice.say(['pong'])
      }
    }
    await wait(11)
    expect(alice.messages('#a')).toEqual([])
    expect(heads).toEqual([])
    await wait(2)
    expect(alice.messages('#a')).toEqual([[1, 'lost']])
    expect(heads).toHaveLength(1)
  })

  test('S-03: are never looked for where none is lost', async () => {
    const { heads, reads, s } = losing('complete', () => false)
    await s.client('alice', { streams: { '#a': null } })
    reads.length = 0
    await s.advance(40_000)
    expect([heads, reads]).toEqual([[], []])
  })

  test('the logs are compared in lots of 500, spread over the interval', async () => {
    const { heads, s } = losing('lossy')
    const alice = await s.client('alice')
    for (let i = 0; i < 1_198; i++) alice.write(['join', i + 1, `#room ${i}`])
    await s.settle()
    await s.advance(11_000)
    heads.length = 0
    const lots: number[] = []
    for (let second = 0; second < 10; second++) {
      const before = heads.length
      await s.advance(1_000)
      lots.push(heads.length - before)
      await alice.say(['pong'])
    }
    expect(lots.every((n) => n <= 1)).toBe(true)
    expect(heads.map((streams) => streams.length).toSorted((a, b) => b - a)).toEqual([500, 500, 200])
  })

  test('S-07: a log that has lost its end is noticed, also where its places went back', async () => {
    const { s } = losing('lossy', () => false)
    const alice = await s.client('alice', { streams: { '#a': null } })
    await s.publish('#a', 1, 2, 3)
    s.store.rollback('#a', 2)
    await s.advance(11_000)
    expect(alice.frames('gap').map((frame) => frame.slice(1, 3))).toEqual([['#a', 'diverged']])
  })

  test('logs whose places cannot be told are reported, and compared again later', async () => {
    let fails = true
    const s = stage({
      wrap: (backplane) =>
        altered(backplane, {
          capabilities: { ...backplane.capabilities, hints: 'lossy' },
          heads: (streams) => (fails ? Promise.reject(new Error('away')) : backplane.heads(streams)),
          tail: () => () => {},
        }),
    })
    const alice = await s.client('alice', { streams: { '#a': null } })
    await s.publish('#a', 'lost')
    await s.advance(11_000)
    expect(s.faults).toContain('Error: away')
    expect(alice.messages('#a')).toEqual([])
    fails = false
    await s.advance(11_000)
    expect(alice.messages('#a')).toEqual([[1, 'lost']])
  })
})
