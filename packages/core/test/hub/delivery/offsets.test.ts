import { describe, expect, test } from 'vitest'
import { paths, position, type Stage, stage } from '../../support/stage.ts'

const epochOf = async (s: Stage, address: string): Promise<string> => {
  const [sent] = await s.publish(address, 'probe')
  return sent?.position[0] ?? ''
}

describe.each(paths)('epochs and offsets, with a backplane that is %s', (path) => {
  test('P-ST-1: offsets only grow within an epoch, and prev is omitted where it is at − 1', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.request('join', '#a')
    await s.publish('#a', 1, 2, 3)
    expect(alice.messages('#a').map(([at]) => at)).toEqual([1, 2, 3])
    expect(alice.frames('msg').every((frame) => frame.length === 8)).toBe(true)
  })

  test('P-ST-1: an epoch has at most 16 characters', async () => {
    const s = stage({ path })
    expect(await epochOf(s, '#a')).toMatch(/^.{1,16}$/)
  })

  test('P-ST-1: a log that was forgotten and made anew has another epoch, so no offset is used twice', async () => {
    const s = stage({ path, log: { retention: { age: 10_000 } } })
    const before = await epochOf(s, '#a')
    await s.advance(120_000)
    expect(s.store.usage.streams).toBe(0)
    const after = await epochOf(s, '#a')
    expect(after).not.toBe(before)
  })

  test('P-ST-1: a log with receivers keeps its epoch, also when all its messages are dropped', async () => {
    const s = stage({ path, log: { retention: { age: 10_000 } } })
    const alice = await s.client('alice')
    await alice.request('join', '#a')
    const before = await epochOf(s, '#a')
    for (let i = 0; i < 10; i++) {
      await s.advance(20_000)
      await alice.say(['pong'])
    }
    const [sent] = await s.publish('#a', 'next')
    expect(position(sent ?? {}).slice(0, 2)).toEqual([before, 2])
    expect(alice.messages('#a').map(([at]) => at)).toEqual([1, 2])
    expect(alice.frames('gap')).toEqual([])
  })

  test('P-ST-1: where offsets are not contiguous, prev links them', async () => {
    const s = stage({
      path,
      wrap: (backplane) =>
        new Proxy(backplane, {
          get(target, name: keyof typeof backplane) {
            if (name !== 'tail') {
              const own = target[name]
              return typeof own === 'function' ? own.bind(target) : own
            }
            // A log whose offsets are ten times as far apart.
            return (stream: string, listener: (hint: never) => void) =>
              target.tail(stream, ({ entry, prev, ...hint }) =>
                listener({ ...hint, prev: prev * 10, entry: { ...entry, at: entry.at * 10 } } as never),
              )
          },
        }),
    })
    const alice = await s.client('alice')
    await alice.request('join', '#a')
    for (const n of [1, 2, 3]) await s.publish('#a', n)
    expect(alice.frames('msg').map((frame) => [frame[2], frame[8]])).toEqual([
      [10, 0],
      [20, 10],
      [30, 20],
    ])
  })
})
