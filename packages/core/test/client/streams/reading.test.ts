import { describe, expect, test } from 'vitest'
import type { RawFrame } from '../../support/fake-hub.ts'
import { address, end, head, id, loop, part, reading, result } from '../../support/scripted-streams.ts'

describe('a reader', () => {
  test('tells of its stream what the head says', () =>
    reading(async ({ readers, say }) => {
      await say(head(1, 'Hel', { meta: { model: 'm' } }))
      expect(readers).toHaveLength(1)
      expect(readers[0]).toMatchObject({
        id,
        address,
        event: 'answer',
        from: null,
        meta: { model: 'm', stream: true },
        time: 1_000,
        value: 'Hel',
        state: 'open',
        restarted: 0,
      })
    }))

  test('joins its stream only when the application reads it (P-SM-4)', () =>
    reading(async ({ stage, readers, say, joined }) => {
      await say(head(1))
      expect(readers[0]?.value).toBe('')
      expect(joined()).not.toContain(address)
      void readers[0]?.result
      await stage.settle()
      expect(stage.hub.at().of('join').at(-1)).toEqual(['join', 2, address])
    }))

  test('joins at a first loop or a first listener, and once', () =>
    reading(async ({ stage, readers, say, joined }) => {
      await say(head(1), head(2, '', { id: 'node1234.2' }))
      const [first, second] = readers
      if (first === undefined || second === undefined) throw new Error('there is no reader')
      for (let i = 0; i < 2; i++) {
        loop(first)
        second.onChange(() => {})
        await stage.settle()
      }
      expect(joined().filter((joined) => joined.startsWith('^'))).toEqual([address, '^node1234.2/#a'])
    }))

  test('comes to a handle that is made later, once, while the result has not come', () =>
    reading(async ({ stage, client, room, readers, say }) => {
      await say(head(1, 'Hel'), head(2, 'old', { id: 'node1234.2' }))
      await say(result(3, 'older', 'done', { id: 'node1234.2' }))
      const late: unknown[] = []
      const other = client.join('#a')
      await stage.settle()
      other.on('answer', (answer) => late.push(answer))
      await stage.settle()
      expect(late).toEqual([readers[0]])
      await say(head(4, 'new', { id: 'node1234.3' }), result(5, 'Hello'))
      expect(late).toEqual([readers[0], readers[2]])
      readers[2]?.leave()
      const third: unknown[] = []
      client.join('#a').on('answer', (answer) => third.push(answer))
      await stage.settle()
      expect(third).toEqual([])
      room.leave()
    }))

  test('adds the parts to its value, whose beginning the log of the stream repeats (P-SM-2)', () =>
    reading(async ({ stage, readers, say }) => {
      await say(head(1, 'Hel'))
      const [answer] = readers
      if (answer === undefined) throw new Error('there is no reader')
      const read = loop(answer)
      await stage.settle()
      await say(part(1, 'Hel'))
      await say(part(2, 'lo'), part(3, ' you'))
      expect(answer.value).toBe('Hello you')
      expect(read).toEqual({ parts: ['Hel', 'lo you'], ended: false })
      await say(end(4))
      expect(read.ended).toBe(true)
      expect(answer.state).toBe('done')
      expect(await answer.result).toEqual({
        state: 'done',
        value: 'Hello you',
        complete: true,
        error: undefined,
      })
    }))

  test('reads a list, whose array is another one after each part only', () =>
    reading(async ({ stage, client, say }) => {
      const steps: unknown[] = []
      client.join('#a').on('steps', (reader) => steps.push(reader))
      await say(head(1, [{ tool: 'a' }], { event: 'steps' }))
      const [reader] = steps as Parameters<typeof loop>[0][]
      if (reader === undefined) throw new Error('there is no reader')
      const read = loop(reader)
      await stage.settle()
      await say(part(1, [{ tool: 'a' }], { event: 'steps' }))
      const before = reader.value
      expect(reader.value).toBe(before)
      await say(part(2, [{ tool: 'b' }, { tool: 'c' }], { event: 'steps' }))
      expect(before).toEqual([{ tool: 'a' }])
      expect(reader.value).toEqual([{ tool: 'a' }, { tool: 'b' }, { tool: 'c' }])
      expect(read.parts).toEqual([[{ tool: 'a' }], [{ tool: 'b' }, { tool: 'c' }]])
    }))

  test('gives each loop a place of its own: a late one begins with everything, a slow one gets parts joined', () =>
    reading(async ({ stage, readers, say }) => {
      await say(head(1))
      const [answer] = readers
      if (answer === undefined) throw new Error('there is no reader')
      const slow = answer[Symbol.asyncIterator]()
      const first = slow.next()
      await stage.settle()
      await say(part(1, 'a'))
      for (let at = 2; at < 30; at++) await say(part(at, 'b'))
      expect(await first).toEqual({ value: 'a', done: false })
      const late = loop(answer)
      await stage.settle()
      expect(late.parts).toEqual([`a${'b'.repeat(28)}`])
      expect(await slow.next()).toEqual({ value: 'b'.repeat(28), done: false })
      await say(end(30))
      expect(await slow.next()).toEqual({ value: undefined, done: true })
    }))

  test('tells each change to its listeners, and a listener that throws stops nothing', () =>
    reading(async ({ stage, client, readers, say }) => {
      await say(head(1))
      const [answer] = readers
      const seen: unknown[] = []
      answer?.onChange(() => {
        throw new Error('a listener')
      })
      const undo = answer?.onChange(() => seen.push([answer.value, answer.state]))
      await stage.settle()
      await say(part(1, 'a'), part(2, 'b'))
      expect(seen).toEqual([
        ['a', 'open'],
        ['ab', 'open'],
      ])
      undo?.()
      await say(end(3))
      expect(seen).toHaveLength(2)
      expect(client.said.errors[0]).toMatchObject({
        subject: `${address} answer`,
        error: { message: 'a listener' },
      })
    }))
})

describe('the end of a stream', () => {
  test.each([
    [{ state: 'done' }, { state: 'done', error: undefined }],
    [{ state: 'cancelled' }, { state: 'cancelled', error: undefined }],
    [{ state: 'lost' }, { state: 'lost', error: undefined }],
    [
      { state: 'failed', code: 'shop/no_model', message: 'no model' },
      { state: 'failed', error: expect.objectContaining({ code: 'shop/no_model', message: 'no model' }) },
    ],
    [{ state: 'melted' }, { state: 'failed', error: undefined }],
    [null, { state: 'failed', error: undefined }],
  ])('P-SM-6: %j settles the result, and the client writes no leave', (data, told) =>
    reading(async ({ stage, readers, say }) => {
      await say(head(1))
      const outcome = stage.watch(readers[0]?.result as Promise<unknown>)
      await stage.settle()
      await say(part(1, 'x'), end(2, data))
      expect(outcome.value).toEqual({ ...told, value: 'x', complete: true })
      expect(stage.hub.at().of('leave')).toEqual([])
    }),
  )

  test('P-SM-7: the result that follows settles the same reader, and no listener gets it again', () =>
    reading(async ({ client, readers, say, stage }) => {
      await say(head(1))
      void readers[0]?.result
      await stage.settle()
      await say(part(1, 'x'), end(2), result(2, 'x'))
      expect(readers).toHaveLength(1)
      expect(client.positions['#a']?.[1]).toBe(2)
    }))

  test('P-SM-7: the result alone settles a reader that nobody reads, with the whole', () =>
    reading(async ({ readers, say, joined }) => {
      await say(head(1, 'Hel'), result(2, 'Hello', 'cancelled'))
      expect(readers).toHaveLength(1)
      expect(readers[0]).toMatchObject({ value: 'Hello', state: 'cancelled' })
      expect(await readers[0]?.result).toEqual({
        state: 'cancelled',
        value: 'Hello',
        complete: true,
        error: undefined,
      })
      expect(joined()).not.toContain(address)
    }))

  test('P-SM-7: a result whose head was not seen gives a reader that has ended', () =>
    reading(async ({ stage, readers, say }) => {
      await say(result(1, 'Hello'))
      expect(readers).toHaveLength(1)
      expect(readers[0]).toMatchObject({ id, address, value: 'Hello', state: 'done', time: 2_000 })
      const read = loop(readers[0] as Parameters<typeof loop>[0])
      await stage.settle()
      expect(read.parts).toEqual(['Hello'])
    }))

  test('P-SM-7: a result that comes before the last parts gives them to the loops, and the client leaves', () =>
    reading(async ({ stage, readers, say }) => {
      await say(head(1))
      const read = loop(readers[0] as Parameters<typeof loop>[0])
      await stage.settle()
      await say(part(1, 'a'))
      await say(result(2, 'abc'))
      expect(read).toEqual({ parts: ['a', 'bc'], ended: true })
      expect(stage.hub.at().of('leave')).toMatchObject([['leave', 3, address]])
      await say(part(2, 'bc'))
      expect(readers[0]?.value).toBe('abc')
    }))

  test('P-SM-7: the result of a failure leaves its reason to the stream, and doubles no part', () =>
    reading(async ({ stage, readers, say }) => {
      await say(head(1))
      const outcome = stage.watch(readers[0]?.result as Promise<unknown>)
      await stage.settle()
      await say(part(1, 'a'), result(2, 'ab', 'failed'))
      expect([readers[0]?.state, outcome.state]).toEqual(['failed', 'pending'])
      await say(part(2, 'b'), end(3, { state: 'failed', code: 'shop/no', message: 'no' }))
      expect(outcome.value).toMatchObject({
        state: 'failed',
        value: 'ab',
        complete: true,
        error: { code: 'shop/no' },
      })
    }))

  test('P-SM-7: a result without its whole leaves the last parts to the stream', () =>
    reading(async ({ stage, readers, say }) => {
      await say(head(1))
      const outcome = stage.watch(readers[0]?.result as Promise<unknown>)
      await stage.settle()
      await say(part(1, 'a'), result(2, null))
      expect(readers[0]?.state).toBe('done')
      expect(outcome.state).toBe('pending')
      await say(part(2, 'b'), end(3))
      expect(outcome.value).toMatchObject({ state: 'done', value: 'ab', complete: true })
    }))

  test('P-SM-7: a result without its whole ends a reader that nobody reads: it is not joined any more', () =>
    reading(async ({ readers, say, joined }) => {
      await say(head(1, 'a'), result(2, null))
      expect(await readers[0]?.result).toMatchObject({ state: 'done', value: 'a', complete: false })
      expect(joined()).not.toContain(address)
    }))

  test('two streams of a room do not mix', () =>
    reading(async ({ stage, readers, say }) => {
      const other = { id: 'node1234.2' }
      stage.hub.streams.set('^node1234.2/#a', { ...stage.hub.stream(address) })
      await say(head(1), head(2, '', other))
      for (const reader of readers) void reader.result
      await stage.settle()
      await say(part(1, 'a'), part(1, 'b', other), part(2, 'b', other), end(3, { state: 'done' }, other))
      expect(readers.map(({ value, state }) => [value, state])).toEqual([
        ['a', 'open'],
        ['bb', 'done'],
      ])
      await say(result(3, 'bb', 'done', other), part(2, 'a'), end(3), result(4, 'aa'))
      expect(readers.map(({ value, state }) => [value, state])).toEqual([
        ['aa', 'done'],
        ['bb', 'done'],
      ])
    }))
})

describe('frames that do not fit', () => {
  const wrong: readonly (readonly [string, RawFrame])[] = [
    ['a head of the wrong kind', head(1, ['x'])],
    ['a head that is neither', head(1, { text: 'x' })],
    ['a head of an unknown event', head(1, 'x', { event: 'nonsense' })],
    ['a head of an own event', head(1, 'x', { event: '$x' })],
  ]
  test.each(wrong)('%s is reported, and gives no reader', (_, frame) =>
    reading(async ({ client, readers, say }) => {
      await say(frame)
      expect(readers).toEqual([])
      expect(client.said.errors).toHaveLength(1)
    }),
  )

  test('the mark of a head or a result makes no stream of an event that the contract knows as a message', () =>
    reading(async ({ room, readers, say }) => {
      const said: unknown[] = []
      room.on('say', (data) => said.push(data))
      await say(head(1, 7, { event: 'say' }), result(2, 8, 'done', { event: 'say' }))
      expect(said).toEqual([7, 8])
      expect(readers).toEqual([])
    }))

  test('a part of the wrong kind is reported and left out, and the value does not pass for complete', () =>
    reading(async ({ client, stage, readers, say }) => {
      await say(head(1))
      const outcome = stage.watch(readers[0]?.result as Promise<unknown>)
      await stage.settle()
      await say(part(1, 'a'), part(2, ['b']), part(3, 'c'), end(4))
      expect(client.said.errors).toMatchObject([
        { subject: `${address} answer`, error: { code: 'bad_payload' } },
      ])
      expect(outcome.value).toMatchObject({ state: 'done', value: 'ac', complete: false })
    }))

  test.each([null, 7, {}, { state: 'finished' }, { state: '__proto__' }, ['done']])(
    'P-SM-6: the end %j means `failed`, because it has no known state',
    (data) =>
      reading(async ({ stage, readers, say }) => {
        await say(head(1))
        const outcome = stage.watch(readers[0]?.result as Promise<unknown>)
        await stage.settle()
        await say(part(1, 'a'), end(2, data))
        expect(outcome.value).toMatchObject({ state: 'failed', value: 'a' })
      }),
  )

  test('a part that comes again changes nothing', () =>
    reading(async ({ stage, readers, say }) => {
      await say(head(1))
      void readers[0]?.result
      await stage.settle()
      await say(part(1, 'a'), part(2, 'b'), part(2, 'b'), part(1, 'a'))
      expect(readers[0]?.value).toBe('ab')
    }))

  test('a part behind a hole joins again from the place that is held, and is not lost', () =>
    reading(async ({ stage, readers, say }) => {
      await say(head(1))
      void readers[0]?.result
      await stage.settle()
      await say(part(1, 'a'))
      stage.hub.streams.set(address, { epoch: 's1', at: 1, id: `${id}-1`, top: 3, mode: 'replay' })
      await say(part(3, 'c'))
      expect(stage.hub.at().of('join').at(-1)?.[3]).toEqual({ since: ['s1', 1, `${id}-1`] })
      await say(part(2, 'b'), part(3, 'c'))
      expect(readers[0]?.value).toBe('abc')
    }))
})
