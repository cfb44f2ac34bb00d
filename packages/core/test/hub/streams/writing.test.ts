import type { Hub } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { deferred, paths, stage } from '../../support/stage.ts'

/** Returns the messages of an address as `[event, data, meta]`. */
const entries = (client: { frames(type: string): readonly (readonly unknown[])[] }, address: string) =>
  client
    .frames('msg')
    .filter((frame) => frame[1] === address)
    .map((frame) => [frame[3], frame[4], frame[9] ?? null])

describe.each(paths)('a stream of the hub, with a backplane that is %s', (path) => {
  test('announces itself by a head, and ends with its result (P-SM-2, P-SM-7)', async () => {
    const s = stage({ path })
    const bob = await s.client('bob')
    await bob.request('join', '#a')

    const answer = await s.settled(s.hub.to('#a').stream('answer', { meta: { model: 'x' } }))
    await s.settled(answer.write('Hello'))
    await s.settled(answer.write(' world'))
    const stored = await s.settled(answer.end())

    expect(answer.address).toBe(`^${answer.id}/#a`)
    expect(answer.id).toMatch(new RegExp(`^${s.hub.node}\\.\\d+$`))
    expect(entries(bob, '#a')).toEqual([
      ['answer', '', { model: 'x', stream: true }],
      ['answer', 'Hello world', { model: 'x', of: answer.id, end: 'done' }],
    ])
    expect(bob.frames('msg').map((frame) => frame[6])).toEqual([answer.id, `${answer.id}.end`])
    expect(stored).toEqual({ position: [expect.any(String), 2, `${answer.id}.end`], id: `${answer.id}.end` })
  })

  test('is written in the name of a user with `from`: its head, parts, end and result are of that user', async () => {
    const s = stage({ path })
    const bob = await s.client('bob')
    await bob.request('join', '#a')
    const answer = await s.settled(s.hub.to('#a').stream('answer', { from: 'bot', start: 'He' }))
    await bob.request('join', answer.address)
    await s.settled(answer.write('llo'))
    await s.settled(answer.end())
    expect(bob.frames('msg').map(([, , , event, data, from]) => [event, data, from])).toEqual([
      ['answer', 'He', 'bot'],
      ['answer', 'He', 'bot'],
      ['answer', 'llo', 'bot'],
      ['$end', { state: 'done' }, 'bot'],
      ['answer', 'Hello', 'bot'],
    ])
    await expect(s.settled(s.hub.to('#a').stream('answer', { from: '' }))).rejects.toThrow(
      "the option 'from' must be the id of a user",
    )
  })

  test('has its head as first entry of its own log, then parts, then the end (P-SM-2, P-SM-3, P-SM-6)', async () => {
    const s = stage({ path })
    const answer = await s.settled(s.hub.to('#a').stream('answer', { start: 'He' }))
    await s.settled(answer.write('llo'))
    await s.settled(answer.end())

    const { entries: log } = s.store.read(answer.address, { after: 0, limit: 10 })
    expect(log.map(({ event, data, meta }) => [event, data, meta])).toEqual([
      ['answer', '"He"', '{"stream":true}'],
      ['answer', '"llo"', null],
      ['$end', '{"state":"done"}', null],
    ])
    expect(log[0]?.id).toBe(answer.id)
  })

  test('a list keeps its items, also when parts were joined', async () => {
    const s = stage({ path })
    const steps = await s.settled(s.hub.to('*').stream('steps', { start: [{ n: 0 }] as unknown[] }))
    for (const n of [1, 2, 3]) void steps.write([{ n }])
    void steps.write([])
    await s.settled(steps.end())
    const page = s.store.read('*', { before: null, limit: 1 })
    expect(JSON.parse(page.entries[0]?.data ?? '')).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }, { n: 3 }])
  })

  test('fail() gives readers the code of a ChatError, and the hub the whole of another error (P-SM-6)', async () => {
    const s = stage({ path })
    const answer = await s.settled(s.hub.to('#a').stream('answer'))
    await s.settled(answer.fail(new Error('out of tokens')))
    const log = s.store.read(answer.address, { after: 0, limit: 10 }).entries
    expect(JSON.parse(log.at(-1)?.data ?? '')).toMatchObject({ state: 'failed', code: 'internal' })
    expect(s.faults).toEqual(['Error: out of tokens'])
  })

  test('takes nothing after its end: `conflict` (P-SM-6)', async () => {
    const s = stage({ path })
    const answer = await s.settled(s.hub.to('#a').stream('answer'))
    await s.settled(answer.end())
    await expect(s.settled(answer.write('x'))).rejects.toMatchObject({ code: 'conflict' })
    await s.settled(answer.cancel())
    expect(s.store.read(answer.address, { after: 0, limit: 10 }).top).toBe(2)
  })

  test('refuses a part of another kind, and a text that cuts a character (P-SM-3)', async () => {
    const s = stage({ path })
    const answer = await s.settled(s.hub.to('#a').stream('answer'))
    for (const part of [7, ['x'], null, '\ud83d'])
      await expect(s.settled(answer.write(part as string))).rejects.toMatchObject({ code: 'bad_payload' })
    await s.settled(answer.write('\ud83d\ude00'))
    expect((await s.settled(answer.end())).id).toBe(`${answer.id}.end`)
  })

  test('is bounded: `too_large`, and what was written stands (P-SM-3)', async () => {
    const s = stage({ path, streams: { bytes: 1_000 } })
    const answer = await s.settled(s.hub.to('#a').stream('answer'))
    await s.settled(answer.write('x'.repeat(700)))
    await expect(s.settled(answer.write('y'.repeat(100)))).rejects.toMatchObject({ code: 'too_large' })
    await s.settled(answer.end())
    const result = s.store.read('#a', { before: null, limit: 1 }).entries[0]
    expect(JSON.parse(result?.data ?? '')).toBe('x'.repeat(700))
  })

  test('a whole above 256 KiB is null in the result (P-SM-7)', async () => {
    const s = stage({ path })
    const answer = await s.settled(s.hub.to('#a').stream('answer'))
    for (let n = 0; n < 3; n++) await s.settled(answer.write('x'.repeat(100_000)))
    await s.settled(answer.end())
    expect(s.store.read('#a', { before: null, limit: 1 }).entries[0]?.data).toBe('null')
  })

  test('hub.close() ends what the hub writes, before it leaves (P-ND-1)', async () => {
    const s = stage({ path })
    const answer = await s.settled(s.hub.to('#a').stream('answer'))
    await s.settled(answer.write('half'))
    await s.settled(s.hub.close())
    expect(answer.signal).toMatchObject({ aborted: true })
    const result = s.store.read('#a', { before: null, limit: 1 }).entries[0]
    expect([result?.data, JSON.parse(result?.meta ?? '{}')]).toEqual([
      '"half"',
      { of: answer.id, end: 'failed' },
    ])
    await expect(s.hub.to('#a').stream('answer')).rejects.toMatchObject({ code: 'usage' })
  })
})

describe('parts', () => {
  test('that wait for the log are joined into the next append (P-SM-3)', async () => {
    const s = stage({ path: 'asynchronous' })
    const answer = await s.settled(s.hub.to('#a').stream('answer'))
    await s.settled(Promise.all(['a', 'b', 'c', 'd'].map((part) => answer.write(part))))
    const log = s.store.read(answer.address, { after: 0, limit: 10 }).entries
    expect(log.map(({ data }) => data)).toEqual(['""', '"a"', '"bcd"'])
  })
})

describe('pipe()', () => {
  const opened = async (hub: Hub, settled: <T>(promise: Promise<T>) => Promise<T>) =>
    settled(hub.to('#a').stream('answer'))

  async function* words(...given: string[]) {
    for (const word of given) yield word
  }

  test.each([
    ['an iterable', () => ['a', 'b', 'c']],
    ['an async iterable', () => words('a', 'b', 'c')],
    [
      'a web stream',
      () =>
        new ReadableStream<string>({
          start(controller) {
            for (const part of ['a', 'b', 'c']) controller.enqueue(part)
            controller.close()
          },
        }),
    ],
  ])('writes all parts of %s, and ends as done', async (_, source) => {
    const s = stage()
    const answer = await opened(s.hub, (promise) => s.settled(promise))
    const end = await s.settled(answer.pipe(source() as Iterable<string>))
    expect(end).toMatchObject({ state: 'done', stored: { id: `${answer.id}.end` } })
    expect(s.store.read('#a', { before: null, limit: 1 }).entries[0]?.data).toBe('"abc"')
  })

  test('an error of the source fails the stream, after all parts before it', async () => {
    const s = stage()
    const answer = await opened(s.hub, (promise) => s.settled(promise))
    async function* broken() {
      yield 'a'
      throw new Error('the model is gone')
    }
    const end = await s.settled(answer.pipe(broken()))
    expect(end).toMatchObject({ state: 'failed', error: { code: 'internal' } })
    expect(s.store.read('#a', { before: null, limit: 1 }).entries[0]?.data).toBe('"a"')
    expect(s.faults).toEqual(['Error: the model is gone'])
  })

  test('an abort of the option `signal` cancels, and stops a source that never answers', async () => {
    const s = stage()
    const aborter = new AbortController()
    const answer = await s.settled(s.hub.to('#a').stream('answer', { signal: aborter.signal }))
    const stopped = deferred<boolean>()
    const never = { next: () => new Promise<never>(() => {}), return: async () => stopped.resolve(true) }
    const piped = answer.pipe({ [Symbol.asyncIterator]: () => never } as unknown as AsyncIterable<string>)
    aborter.abort(new Error('stop'))
    expect(await s.settled(piped)).toMatchObject({ state: 'cancelled' })
    expect(await stopped.promise).toBe(true)
  })

  test('a web stream that never answers is cancelled', async () => {
    const s = stage()
    const aborter = new AbortController()
    const answer = await s.settled(s.hub.to('#a').stream('answer', { signal: aborter.signal }))
    const stopped = deferred<unknown>()
    const piped = answer.pipe(new ReadableStream<string>({ cancel: (reason) => stopped.resolve(reason) }))
    aborter.abort('stop')
    expect(await s.settled(piped)).toMatchObject({ state: 'cancelled' })
    expect(await stopped.promise).toBe('stop')
  })

  test('a part that cannot be written fails the stream, and the source is told to stop', async () => {
    const s = stage()
    const answer = await opened(s.hub, (promise) => s.settled(promise))
    let stopped = false
    async function* wrong() {
      try {
        yield 'a'
        yield 7 as unknown as string
      } finally {
        stopped = true
      }
    }
    expect(await s.settled(answer.pipe(wrong()))).toMatchObject({
      state: 'failed',
      error: { code: 'bad_payload' },
    })
    expect(stopped).toBe(true)
  })

  test('reads a fast source no faster than the log stores its parts', async () => {
    const s = stage({ path: 'asynchronous' })
    const answer = await opened(s.hub, (promise) => s.settled(promise))
    let read = 0
    let most = 0
    async function* fast() {
      for (let n = 0; n < 40; n++) {
        read++
        const { behind } = s.store.read(answer.address, { after: 0, limit: 1 })
        most = Math.max(most, read * 10_000 - behind.bytes)
        yield 'x'.repeat(10_000)
      }
    }
    expect(await s.settled(answer.pipe(fast()))).toMatchObject({ state: 'done' })
    expect(most).toBeLessThan(3 * 65_536)
  })
})

test.each([
  ['~abcdefgh', {}],
  ['#a', { star: '' }],
  ['#a', { meta: { stream: true } }],
  ['#a', { signal: 7 }],
])('hub.to(%j).stream() rejects wrong use: %j', async (address, options) => {
  const { hub } = stage()
  await expect(hub.to(address).stream('answer', options as never)).rejects.toMatchObject({ code: 'usage' })
})

test('a hub whose limits.streams is 0 has no streams', async () => {
  const { hub } = stage({ limits: { streams: 0 } })
  await expect(hub.to('#a').stream('answer')).rejects.toThrow(/limits.streams/)
})

test('hub.to() takes no stream', () => {
  expect(() => stage().hub.to('^abcdefgh.1/#a' as string)).toThrow(/unable to send to/)
})
