import type { StreamWriter } from '@chat/core'
import type { Backplane } from '@chat/core/backplane'
import { MemoryBackplane } from '@chat/core/memory'
import { describe, expect, test } from 'vitest'
import { altered, outcome, paths, type Stage, stage } from '../../support/stage.ts'

const opened = (s: Stage, hub = s.hub): Promise<StreamWriter<string>> =>
  s.settled(hub.to('#a').stream('answer')) as Promise<StreamWriter<string>>

/** Returns a further backplane over the store of a stage. */
const newBackplane = (s: Stage): Backplane => new MemoryBackplane(s.store)

const events = (s: Stage, address: string): unknown[] =>
  s.store
    .read(address, { after: 0, limit: 100 })
    .entries.map(({ id, data, meta }) => [id, JSON.parse(data), JSON.parse(meta ?? 'null')])

/** Cuts a hub off: nothing that it writes arrives any more, and its lease is not renewed. */
function severed(): { wrap: (backplane: Backplane) => Backplane; cut: () => void } {
  let cut = false
  const wrap = (backplane: Backplane): Backplane => {
    const guarded =
      <A extends unknown[], R>(run: (...args: A) => R) =>
      (...args: A): R => {
        if (cut) throw new Error('cut off')
        return run(...args)
      }
    return altered(backplane, {
      append: guarded(backplane.append.bind(backplane)),
      read: guarded(backplane.read.bind(backplane)),
      presence: altered(
        backplane.presence as never,
        {
          lease: guarded(backplane.presence.lease.bind(backplane.presence)),
          enter: guarded(backplane.presence.enter.bind(backplane.presence)),
        } as never,
      ) as never,
    })
  }
  return { wrap, cut: () => (cut = true) }
}

describe.each(paths)('a stream whose writer dies, with a backplane that is %s', (path) => {
  test('is ended as lost by a hub with a reader, once the lease of the writer is over (P-SM-8)', async () => {
    const s = stage({ path })
    const { wrap, cut } = severed()
    const bob = await s.client('bob')
    await s.advance(31_000)
    const writer = s.another({ backplane: wrap(newBackplane(s)) })
    const answer = await opened(s, writer)
    await s.settled(answer.write('half'))
    await bob.request('join', answer.address)
    cut()
    await s.advance(25_000)
    expect(bob.messages(answer.address)).toHaveLength(2)
    await s.advance(20_000)
    expect(bob.messages(answer.address).at(-1)?.[1]).toEqual({ state: 'lost' })
    expect(events(s, '#a').at(-1)).toEqual([`${answer.id}.end`, 'half', { of: answer.id, end: 'lost' }])
  })

  test('is looked for when it is joined (P-SM-8)', async () => {
    const s = stage({ path })
    const { wrap, cut } = severed()
    const bob = await s.client('bob')
    const writer = s.another({ backplane: wrap(newBackplane(s)) })
    const answer = await opened(s, writer)
    cut()
    await s.advance(45_000)
    await bob.request('join', answer.address)
    await s.settle()
    expect(bob.messages(answer.address).at(-1)?.[1]).toEqual({ state: 'lost' })
  })

  test('is not looked for within 30 s of the own start (P-SM-8)', async () => {
    const s = stage({ path })
    const { wrap, cut } = severed()
    const writer = s.another({ backplane: wrap(newBackplane(s)) })
    const answer = await opened(s, writer)
    cut()
    await s.advance(45_000)
    s.another()
    const bob = await s.client('bob', {}, 3)
    await bob.request('join', answer.address)
    await s.advance(20_000)
    expect(bob.messages(answer.address)).toHaveLength(1)
    await s.advance(25_000)
    expect(bob.messages(answer.address).at(-1)?.[1]).toEqual({ state: 'lost' })
  })

  test('is not looked for within 30 s after the backplane was reached again (P-SM-8)', async () => {
    const again: (() => void)[] = []
    const s = stage({
      path,
      wrap: (backplane) =>
        altered(backplane, {
          onReconnect: (listener) => {
            again.push(listener)
            return backplane.onReconnect(listener)
          },
        }),
    })
    const { wrap, cut } = severed()
    const writer = s.another({ backplane: wrap(newBackplane(s)) })
    const answer = await opened(s, writer)
    cut()
    await s.advance(45_000)
    for (const reached of again) reached()
    const bob = await s.client('bob')
    await bob.request('join', answer.address)
    await s.advance(25_000)
    expect(bob.messages(answer.address)).toHaveLength(1)
    await s.advance(20_000)
    expect(bob.messages(answer.address).at(-1)?.[1]).toEqual({ state: 'lost' })
  })

  test('lives on while its writer does, however long it is silent (P-SM-8)', async () => {
    const s = stage({ path })
    s.another()
    const bob = await s.client('bob', {}, 2)
    const answer = await opened(s)
    await bob.request('join', answer.address)
    for (let n = 0; n < 15; n++) {
      await s.advance(20_000)
      await bob.say(['pong'])
    }
    await s.settled(answer.write('late'))
    await s.settled(answer.end())
    expect(bob.messages(answer.address).map(([, data]) => data)).toEqual(['', 'late', { state: 'done' }])
  })

  test('the result is stored by a hub with a reader, five seconds after the end (P-SM-7)', async () => {
    const s = stage({ path })
    const bob = await s.client('bob')
    let lost = false
    const own = newBackplane(s)
    const writer = s.another({
      backplane: altered(own, {
        append: (address, ...rest) => {
          if (lost && address === '#a') throw new Error('cut off')
          return own.append(address, ...rest)
        },
      }),
    })
    const answer = await opened(s, writer)
    await bob.request('join', answer.address)
    await s.settled(answer.write('all'))
    lost = true
    void answer.end().catch(() => {})
    await s.advance(4_900)
    expect(events(s, '#a')).toHaveLength(1)
    await s.advance(300)
    expect(events(s, '#a').at(-1)).toEqual([`${answer.id}.end`, 'all', { of: answer.id, end: 'done' }])
    // The writer repeats it, and stores nothing more.
    lost = false
    await s.advance(10_000)
    expect(events(s, '#a')).toHaveLength(2)
  })

  test('a hub that answers a join of an ended stream makes sure of its result (P-SM-7)', async () => {
    const s = stage({ path })
    const bob = await s.client('bob')
    const answer = await opened(s)
    await s.settled(answer.end())
    s.store.forget('#a')
    const { entries } = s.store.read(answer.address, { after: 0, limit: 1 })
    expect(entries).toHaveLength(1)
    expect(outcome(await bob.request('join', answer.address))).toBe('ok')
    await s.advance(6_000)
    // Its key is known: nothing is stored twice.
    expect(events(s, '#a')).toEqual([])
  })
})

describe('an append whose answer is lost', () => {
  test('is repeated, and stores nothing twice (P-SM-2, P-SM-3)', async () => {
    let failing = 0
    const s = stage({
      wrap: (backplane) =>
        altered(backplane, {
          append: (...args) => {
            const result = backplane.append(...args)
            if (failing-- > 0) throw new Error('the answer is lost')
            return result
          },
        }),
    })
    failing = 2
    const opening = s.hub.to('#a').stream('answer')
    await s.advance(1_000)
    const answer = await opening
    failing = 1
    const written = answer.write('x')
    await s.advance(1_000)
    await written
    failing = 3
    const ended = answer.end()
    await s.advance(3_000)
    await ended
    expect(s.store.read(answer.address, { after: 0, limit: 10 }).entries.map(({ data }) => data)).toEqual([
      '""',
      '"x"',
      '{"state":"done"}',
    ])
    expect(events(s, '#a')).toHaveLength(2)
  })

  test('is repeated also after the log has forgotten its key, and stores nothing twice (P-SM-3)', async () => {
    let lost = false
    const s = stage({
      wrap: (backplane) =>
        altered(backplane, {
          append: (...args) => {
            const result = backplane.append(...args)
            if (lost) throw new Error('the answer is lost')
            return result
          },
        }),
    })
    const answer = await opened(s)
    lost = true
    const written = answer.write('x')
    const ended = answer.end()
    await s.advance(300_000)
    lost = false
    await s.advance(10_000)
    await written
    await ended
    const log = s.store.read(answer.address, { after: 0, limit: 10 }).entries
    expect(log.map(({ data }) => data)).toEqual(['""', '"x"', '{"state":"done"}'])
    expect(events(s, '#a').at(-1)).toMatchObject([`${answer.id}.end`, 'x', { end: 'done' }])
  })

  test('entries that are lost end the stream as lost (P-SM-3)', async () => {
    const s = stage()
    const answer = await opened(s)
    await s.settled(answer.write('one'))
    await s.settled(answer.write('two'))
    s.store.rollback(answer.address, 1)
    await expect(s.settled(answer.write('three'))).rejects.toMatchObject({ code: 'conflict' })
    expect(s.store.read(answer.address, { before: null, limit: 1 }).entries[0]?.data).toBe('{"state":"lost"}')
    expect(answer.signal).toMatchObject({ aborted: true })
    expect(events(s, '#a').at(-1)).toMatchObject([`${answer.id}.end`, 'one', { end: 'lost' }])
  })
})
