import { type CallContext, ChatError } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { deferred, outcome, paths, stage } from '../../support/stage.ts'

describe.each(paths)('calls, with a backplane that is %s', (path) => {
  test('P-PB-7: the answer is what the handler returns, at once or later', async () => {
    const s = stage({ path })
    s.hub.handle('now', (input) => ({ got: input }))
    s.hub.handle('later', async () => [1, 2])
    s.hub.handle('nothing', () => {})
    const alice = await s.client('alice')
    await alice.say(['call', 1, 'now', 'x'], ['call', 2, 'later', null], ['call', 3, 'nothing', null])
    expect(alice.frames('ok').toSorted((a, b) => Number(a[1]) - Number(b[1]))).toEqual([
      ['ok', 1, { got: 'x' }],
      ['ok', 2, [1, 2]],
      ['ok', 3, null],
    ])
  })

  test.each(['event', 'unknown'])(
    'P-PB-7: a call of %j, which has no handler, is not_found',
    async (name) => {
      const s = stage({ path })
      s.hub.on('event', () => 'leaked')
      const alice = await s.client('alice')
      expect(outcome(await alice.request('call', name, null))).toBe('not_found')
    },
  )

  test('P-PB-7: a call whose handler was removed is not_found, and another handler may take its place', async () => {
    const s = stage({ path })
    const undo = s.hub.handle('who', () => 'first')
    const alice = await s.client('alice')
    undo()
    expect(outcome(await alice.request('call', 'who', null))).toBe('not_found')
    s.hub.handle('who', () => 'second')
    undo()
    expect(await alice.request('call', 'who', null)).toMatchObject({ result: 'second' })
  })

  test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty', 'error'])(
    'U-03: a call of %j is not_found, and is answered once it has a handler',
    async (name) => {
      const s = stage({ path })
      const alice = await s.client('alice')
      expect(outcome(await alice.request('call', name, null))).toBe('not_found')
      const hub = s.another()
      hub.handle(name, () => 'mine')
      const bob = await s.client('bob', {}, 2)
      await bob.say(['call', 1, name, null])
      expect(bob.frames('ok')).toEqual([['ok', 1, 'mine']])
    },
  )

  test('P-PB-7: a ref that is not above all before it on its connection is a conflict, and the handler does not run', async () => {
    let runs = 0
    const s = stage({ path })
    s.hub.handle('count', () => ++runs)
    const alice = await s.client('alice')
    await alice.call(['call', 5, 'count', null])
    for (const ref of [5, 4, 1])
      expect(outcome(await alice.call(['call', ref, 'count', null]))).toBe('conflict')
    await alice.call(['join', 9, '#a'])
    expect(outcome(await alice.call(['call', 8, 'count', null]))).toBe('conflict')
    expect(runs).toBe(1)
  })

  test('P-PB-7: a call that was refused as busy does not run when its ref comes again', async () => {
    let runs = 0
    const hold = deferred<void>()
    const s = stage({ path, limits: { inflight: 1 } })
    s.hub.handle('count', () => {
      runs++
      return hold.promise
    })
    const alice = await s.client('alice')
    await alice.say(['call', 1, 'count', null], ['call', 2, 'count', null])
    expect(outcome(alice.answer(2))).toBe('busy')
    hold.resolve()
    await s.settle()
    expect(outcome(await alice.call(['call', 2, 'count', null]))).toBe('conflict')
    expect(runs).toBe(1)
  })

  test('P-PB-7: on a new connection of the session the same ref runs again', async () => {
    let runs = 0
    const s = stage({ path })
    s.hub.handle('count', () => ++runs)
    const alice = await s.client('alice')
    await alice.call(['call', 1, 'count', null])
    const again = await s.resume(alice)
    expect(outcome(await again.call(['call', 1, 'count', null]))).toBe('ok')
    expect(runs).toBe(2)
  })

  test('P-PB-7: a call whose handler takes more than thirty seconds is a timeout, and aborts its signal', async () => {
    const signals: AbortSignal[] = []
    const late = deferred<string>()
    const s = stage({ path })
    s.hub.handle('slow', (_, { signal }) => {
      signals.push(signal)
      return late.promise
    })
    const alice = await s.client('alice')
    await alice.say(['call', 1, 'slow', null])
    for (let i = 0; i < 3; i++) {
      await s.advance(9_900)
      await alice.say(['pong'])
    }
    expect(alice.answered()).toEqual([])
    await s.advance(1_000)
    expect(outcome(alice.answer(1))).toBe('timeout')
    expect(signals.map((signal) => (signal as unknown as { aborted: boolean }).aborted)).toEqual([true])
    expect(signals[0]?.reason).toMatchObject({
      code: 'timeout',
      message: "unable to answer 'slow': it took too long",
    })
    late.resolve('too late')
    await s.settle()
    expect(alice.answered()).toEqual([1])
  })

  test('P-PB-7: the end of the connection aborts the handler’s signal', async () => {
    const contexts: CallContext[] = []
    const s = stage({ path })
    s.hub.handle('slow', (_, context) => {
      contexts.push(context)
      return deferred().promise
    })
    const alice = await s.client('alice')
    await alice.say(['call', 1, 'slow', null])
    await s.drop(alice)
    expect((contexts[0]?.signal as unknown as { aborted: boolean } | undefined)?.aborted).toBe(true)
    expect(contexts[0]).toMatchObject({ event: 'slow', user: { id: 'alice' }, session: { id: alice.id } })
  })

  test('P-PB-7: a handler that rejects because the connection has ended is no error of the hub', async () => {
    const s = stage({ path })
    s.hub.handle('slow', (_, { signal }) => {
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    })
    const alice = await s.client('alice')
    await alice.say(['call', 1, 'slow', null])
    await s.drop(alice)
    expect(s.errors).toEqual([])
  })

  test('§10: a ChatError with an application’s code reaches the client with its detail', async () => {
    const s = stage({ path })
    s.hub.handle('buy', () => {
      throw new ChatError('shop/out_of_stock', 'sold out', { detail: { left: 0 }, retryAfter: 60_000 })
    })
    const alice = await s.client('alice')
    expect(await alice.request('call', 'buy', null)).toEqual({
      ok: false,
      ref: 1,
      code: 'shop/out_of_stock',
      message: 'sold out',
      detail: { left: 0 },
      retryAfter: 60_000,
    })
    expect(s.errors).toEqual([])
  })

  test('§10: an answer that has no JSON form, or is too large, is internal', async () => {
    const s = stage({ path })
    s.hub.handle('cycle', () => {
      const cycle: unknown[] = []
      cycle.push(cycle)
      return cycle
    })
    s.hub.handle('bigint', () => 1n)
    s.hub.handle('large', () => 'x'.repeat(400 * 1024))
    const alice = await s.client('alice')
    await alice.say(['call', 1, 'cycle', null], ['call', 2, 'bigint', null], ['call', 3, 'large', null])
    expect([1, 2, 3].map((ref) => outcome(alice.answer(ref)))).toEqual(['internal', 'internal', 'internal'])
    expect(s.errors.map(({ source, subject }) => [source, subject])).toEqual([
      ['handler', 'cycle'],
      ['handler', 'bigint'],
      ['handler', 'large'],
    ])
  })

  test('P-LV-3: an error whose detail has no JSON form, or is too large, reaches the client without it', async () => {
    const cycle: Record<string, unknown> = {}
    cycle['self'] = cycle
    const s = stage({ path })
    const fail = (detail: unknown): never => {
      throw new ChatError('shop/closed', 'closed', { detail })
    }
    s.hub.handle('sync', () => fail(cycle))
    s.hub.handle('async', async () => fail(1n))
    s.hub.handle('large', () => fail('x'.repeat(400 * 1024)))
    const alice = await s.client('alice')
    await alice.say(['call', 1, 'sync', null], ['call', 2, 'async', null], ['call', 3, 'large', null])
    for (const ref of [1, 2, 3])
      expect(alice.answer(ref)).toEqual({ ok: false, ref, code: 'shop/closed', message: 'closed' })
    expect(s.errors).toHaveLength(3)
    expect(alice.code).toBeNull()
  })
})
