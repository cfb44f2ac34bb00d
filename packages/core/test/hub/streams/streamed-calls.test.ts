import { type CallContext, contract, stream as declareStream } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { outcome, paths, type StageOptions, stage } from '../../support/stage.ts'

const chat = contract({
  calls: {
    ask: { input: z.string(), output: declareStream(z.string()) },
    list: { input: z.string(), output: declareStream(z.array(z.number())) },
    plain: { input: z.string(), output: z.array(z.number()) },
  },
})
const options = { contract: chat as never } satisfies StageOptions

async function* words(...given: string[]) {
  for (const word of given) yield word
}

describe.each(paths)('a call that is answered by a stream, with a backplane that is %s', (path) => {
  test('opens it to the inbox of the caller, with meta.call; the result is the address (P-SM-11)', async () => {
    const s = stage({ ...options, path })
    s.hub.handle('ask', (_input: unknown) => words('a', 'b'))
    const bob = await s.client('bob')
    const answer = await bob.request('call', 'ask', 'x')
    const [head, result] = bob.frames('msg')
    const id = head?.[6] as string
    expect(answer).toEqual({ ok: true, ref: 1, result: `^${id}/@bob` })
    expect(head?.slice(0, 6)).toEqual(['msg', '@bob', 1, 'ask', '', null])
    expect(head?.[9]).toEqual({ call: `${bob.id}.1`, stream: true })
    expect([result?.[4], result?.[9]]).toEqual(['ab', { call: `${bob.id}.1`, of: id, end: 'done' }])
  })

  test('a list is declared by the contract, and its items are validated (P-SM-11)', async () => {
    const s = stage({ ...options, path })
    s.hub.handle('list', (_input: unknown) => [[1], [2], ['x' as unknown as number]])
    const bob = await s.client('bob')
    await bob.request('call', 'list', 'x')
    expect(bob.frames('msg').map((frame) => frame[4])).toEqual([[], [1, 2]])
    expect(bob.frames('msg')[1]?.[9]).toMatchObject({ end: 'failed' })
  })

  test('its cancel aborts the signal of the handler (P-SM-9, P-SM-11)', async () => {
    const s = stage({ ...options, path })
    let signal: AbortSignal | undefined
    let stopped = false
    s.hub.handle('ask', async function* (_input: unknown, context: CallContext) {
      signal = context.signal
      try {
        yield 'a'
        await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal?.reason)))
      } finally {
        stopped = true
      }
    } as never)
    const bob = await s.client('bob')
    const answer = await bob.request('call', 'ask', 'x')
    expect(outcome(await bob.request('cancel', answer.ok ? answer.result : ''))).toBe('ok')
    await s.settle()
    expect(signal).toMatchObject({ aborted: true, reason: { code: 'cancelled' } })
    expect(stopped).toBe(true)
    expect(bob.frames('msg').at(-1)?.[9]).toMatchObject({ end: 'cancelled' })
  })

  test('goes on without the connection that has called (P-SM-11)', async () => {
    const s = stage({ ...options, path })
    let next: (word: string) => void = () => {}
    s.hub.handle('ask', async function* (_input: unknown) {
      yield 'a'
      yield await new Promise<string>((resolve) => {
        next = resolve
      })
    } as never)
    const bob = await s.client('bob')
    await bob.request('call', 'ask', 'x')
    await s.drop(bob)
    next('b')
    await s.settle()
    expect(s.store.read('@bob', { before: null, limit: 1 }).entries[0]?.data).toBe('"ab"')
  })

  test('goes on without the connection also while its first part is made, whose signal is not aborted (P-SM-11)', async () => {
    const s = stage({ path })
    let first: (word: string) => void = () => {}
    let signal: AbortSignal | undefined
    s.hub.handle('ask', async function* (_input: unknown, context: CallContext) {
      signal = context.signal
      yield await new Promise<string>((resolve, reject) => {
        first = resolve
        context.signal.addEventListener('abort', () => reject(context.signal.reason))
      })
    } as never)
    const bob = await s.client('bob')
    await bob.say(['call', 1, 'ask', 'x'])
    await s.drop(bob)
    first('a')
    await s.settle()
    expect(signal?.reason).not.toEqual(new Error('the connection has ended'))
    expect(s.store.read('@bob', { before: null, limit: 1 }).entries[0]?.data).toBe('"a"')
  })

  test('a handler that returns no parts has failed; a call without a stream may return an array', async () => {
    const s = stage({ ...options, path })
    s.hub.handle('ask', (() => 7) as never)
    s.hub.handle('plain', (_input: unknown) => [1, 2])
    const bob = await s.client('bob')
    expect(outcome(await bob.request('call', 'ask', 'x'))).toBe('internal')
    expect(await bob.request('call', 'plain', 'x')).toMatchObject({ ok: true, result: [1, 2] })
    expect(s.faults[0]).toMatch(/must return an async iterable/)
  })

  test('without validators an async iterable answers by a text (P-SM-11)', async () => {
    const s = stage({ path })
    s.hub.handle('ask', () => words('a', 'b'))
    const bob = await s.client('bob')
    expect(await bob.request('call', 'ask', 'x')).toMatchObject({
      ok: true,
      result: expect.stringMatching(/^\^/),
    })
    expect(bob.frames('msg').map((frame) => frame[4])).toEqual(['', 'ab'])
  })

  test('without validators the first part decides that the answer is a list (P-SM-11)', async () => {
    const s = stage({ path })
    s.hub.handle('ask', async function* () {
      yield [1]
      yield [2, 3]
    })
    const bob = await s.client('bob')
    await bob.request('call', 'ask', 'x')
    expect(bob.frames('msg').map((frame) => frame[4])).toEqual([[], [1, 2, 3]])
  })

  test('without validators a source without parts answers by an empty text', async () => {
    const s = stage({ path })
    s.hub.handle('ask', () => words())
    const bob = await s.client('bob')
    await bob.request('call', 'ask', 'x')
    expect(bob.frames('msg').map((frame) => frame[4])).toEqual(['', ''])
  })

  test('without validators parts that are neither text nor arrays are an error of the handler, and its source ends', async () => {
    const s = stage({ path })
    let ended = false
    s.hub.handle('ask', async function* () {
      try {
        yield { step: 1 }
        yield { step: 2 }
      } finally {
        ended = true
      }
    })
    const bob = await s.client('bob')
    expect(outcome(await bob.request('call', 'ask', 'x'))).toBe('internal')
    expect(s.faults[0]).toMatch(/must be strings, or arrays of items, but the first is/)
    expect([ended, bob.frames('msg')]).toEqual([true, []])
  })

  test('without validators a call that is cancelled before the first part opens no stream (P-CN-2)', async () => {
    const s = stage({ path })
    let first: (part: string) => void = () => {}
    s.hub.handle('ask', async function* () {
      yield await new Promise<string>((resolve) => (first = resolve))
    })
    const bob = await s.client('bob')
    await bob.say(['call', 1, 'ask', 'x'])
    await bob.request('cancel', 1)
    first('a')
    await s.settle()
    expect([outcome(bob.answer(1)), bob.frames('msg')]).toEqual(['cancelled', []])
  })
})

test('a call that was cancelled before its handler returned parts opens no stream (P-CN-2)', async () => {
  const s = stage(options)
  let stopped = false
  let answer: (parts: unknown) => void = () => {}
  s.hub.handle('ask', (() => new Promise((resolve) => (answer = resolve))) as never)
  const bob = await s.client('bob')
  await bob.say(['call', 1, 'ask', 'x'])
  await bob.request('cancel', 1)
  answer({
    [Symbol.asyncIterator]: () => ({ next: async () => ({ value: 'a' }), return: () => (stopped = true) }),
  })
  await s.settle()
  expect(outcome(bob.answer(1))).toBe('cancelled')
  expect([stopped, bob.frames('msg')]).toEqual([true, []])
})
