import type { AppendKey, Backplane } from '@chat/core/backplane'
import { describe, expect, test } from 'vitest'
import { altered, paths, stage } from '../../support/stage.ts'

describe.each(paths)('a calm run, with a backplane that is %s', (path) => {
  test('S-02: a log is read once, for its first reader; each message is appended once, and never read', async () => {
    const reads: string[] = []
    const appends: AppendKey[] = []
    const wrap = (backplane: Backplane): Backplane =>
      altered(backplane, {
        read: (stream, range) => {
          reads.push(stream)
          return backplane.read(stream, range)
        },
        append: (stream, message, key) => {
          appends.push(key)
          return backplane.append(stream, message, key)
        },
      })
    const s = stage({ path, wrap, limits: { rate: 10_000, burst: 10_000 } })
    const clients = []
    for (const name of ['alice', 'bob', 'carol', 'alice', 'bob'])
      clients.push(await s.client(name, { streams: { '#a': null, '#b': null } }))
    expect(reads.toSorted()).toEqual(['#a', '#b', '*', '@alice', '@bob', '@carol'])
    reads.length = 0
    for (let i = 1; i <= 50; i++)
      for (const client of clients) await client.request('send', i % 2 === 0 ? '#a' : '#b', 'say', i)
    expect(reads).toEqual([])
    expect(new Set(appends.map(({ session, ref }) => `${session} ${ref}`)).size).toBe(250)
    expect(appends).toHaveLength(250)
    for (const client of clients) {
      expect(client.messages('#a').map(([at]) => at)).toEqual(Array.from({ length: 125 }, (_, i) => i + 1))
      expect(client.frames('gap')).toEqual([])
    }
  })
})
