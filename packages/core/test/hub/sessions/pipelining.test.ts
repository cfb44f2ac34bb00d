import type { AppendResult, Backplane } from '@chat/core/backplane'
import { Random } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { altered, stage } from '../../support/stage.ts'

type Append = Backplane['append']

/** A stage whose backplane passes appends on as `way` says. */
function through(way: (append: Append, ...call: Parameters<Append>) => ReturnType<Append>, options = {}) {
  return stage({
    wrap: (backplane) =>
      altered(backplane, { append: (...call) => way(backplane.append.bind(backplane), ...call) }),
    ...options,
  })
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

describe('sends to a log that is across a network', () => {
  test('P-PB-4: follow one another without waiting for the answers, and name the append before them', async () => {
    const calls: { ref: number; previousRef: number | undefined }[] = []
    const s = through(async (append, stream, message, key) => {
      if (stream === '#a') calls.push({ ref: key.ref, previousRef: key.previousRef })
      await sleepOf(s, 10)
      return append(stream, message, key)
    })

    const sent = numbers(3).map((n) => s.hub.to('#a').send('say', n))

    expect(calls.map(({ previousRef }) => previousRef)).toEqual([undefined, calls[0]?.ref, calls[1]?.ref])
    await s.advance(10)
    expect((await Promise.all(sent)).map(({ position }) => position[1])).toEqual([1, 2, 3])
  })

  test('P-PB-4: are stored in their order when the network changes the order of the calls', async () => {
    const random = new Random(1, 'order')
    let early = 0
    const s = through(async (append, ...call) => {
      await sleepOf(s, random.between(0, 50))
      const result = await append(...call)
      if (result.outcome === 'early') early++
      return result
    })
    const alice = await s.client('alice')

    for (const n of numbers(48)) alice.write(['send', n + 1, '#a', 'say', n])
    const sent = numbers(48).map((n) => s.hub.to('#b').send('say', n))
    await s.advance(20_000)
    await Promise.all(sent)

    for (const address of ['#a', '#b']) {
      const { messages } = await s.hub.to(address).history()
      expect(messages.map(({ data }) => data)).toEqual(numbers(48))
    }
    expect(alice.answered()).toEqual(numbers(48).map((n) => n + 1))
    expect(early).toBeGreaterThan(0)
    expect(s.errors).toEqual([])
  })

  test.each(numbers(20))(
    'P-PB-3, P-PB-4: are stored once and in order when calls and answers are lost, seed %i',
    async (seed) => {
      const random = new Random(seed, 'losses')
      const lost = (): boolean => random.between(0, 9) < 3
      const s = through(async (append, ...call) => {
        await sleepOf(s, random.between(0, 30))
        if (lost()) throw new Error('the request was lost')
        const result = await append(...call)
        await sleepOf(s, random.between(0, 30))
        if (lost()) throw new Error('the answer was lost')
        return result
      })
      const alice = await s.client('alice')

      for (const n of numbers(20)) alice.write(['send', n + 1, '#a', 'say', n])
      await s.advance(600_000)

      const { messages } = await s.hub.to('#a').history()
      expect(messages.map(({ data }) => data)).toEqual(numbers(20))
      expect(alice.answered()).toEqual(numbers(20).map((n) => n + 1))
      expect(alice.frames('err')).toEqual([])
    },
  )

  test('no more than the log remembers are undecided at a time', async () => {
    let [open, most] = [0, 0]
    const s = through(async (append, ...call) => {
      open++
      most = Math.max(most, open)
      await sleepOf(s, 10)
      open--
      return append(...call)
    })

    const sent = numbers(200).map((n) => s.hub.to('#a').send('say', n))
    await s.advance(1_000)
    await Promise.all(sent)

    expect(most).toBe(64)
  })

  test('an append whose outcome is unknown is repeated as soon as the backplane is back', async () => {
    let down = true
    const reconnected: (() => void)[] = []
    const s = stage({
      wrap: (backplane) =>
        altered(backplane, {
          append: async (...call): Promise<AppendResult> => {
            if (down) throw new Error('out of reach')
            return backplane.append(...call)
          },
          onReconnect: (listener) => {
            reconnected.push(listener)
            return () => {}
          },
        }),
    })
    let stored = 0
    void s.hub
      .to('#a')
      .send('say', 1)
      .then(() => stored++)
    await s.advance(20_000)
    expect(stored).toBe(0)

    down = false
    for (const listener of reconnected) listener()
    await s.settle()

    expect(stored).toBe(1)
  })

  test('P-ST-10: a refusal is answered after the answers to the sends before it', async () => {
    const s = through(
      async (append, ...call) => {
        await sleepOf(s, 10)
        return append(...call)
      },
      { authorize: ({ data }: { data?: unknown }) => data !== 'bad' },
    )
    const alice = await s.client('alice')

    alice.write(
      ['send', 1, '#a', 'say', 'good'],
      ['send', 2, '#a', 'say', 'bad'],
      ['send', 3, '#a', 'say', 'good'],
    )
    await s.advance(100)

    expect(
      alice
        .frames()
        .filter(([type]) => type === 'ok' || type === 'err')
        .map(([type, ref]) => [type, ref]),
    ).toEqual([
      ['ok', 1],
      ['err', 2],
      ['ok', 3],
    ])
  })

  test('P-PB-9: a read after a send has the message, however late the log answers', async () => {
    const s = through(async (append, ...call) => {
      await sleepOf(s, 50)
      return append(...call)
    })
    const alice = await s.client('alice')

    alice.write(['send', 1, '#a', 'say', 'x'], ['send', 2, '#a', 'say', 'y'], ['read', 3, '#a'])
    await s.advance(200)

    expect(alice.answer(3)).toMatchObject({ result: { top: 2 } })
  })
})

/** Resolves after a time of the stage. */
const sleepOf = (s: ReturnType<typeof stage>, milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    s.time.runtime('network').timer(milliseconds, resolve)
  })
