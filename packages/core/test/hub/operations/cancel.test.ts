import type { CallContext } from '@chat/core'
import { describe, expect, test } from 'vitest'
import type { RawClient } from '../../support/raw-client.ts'
import { deferred, outcome, paths, type Stage, type StageOptions, stage } from '../../support/stage.ts'

/** Calls under way, in the order in which their handlers began. */
interface Running {
  readonly s: Stage
  readonly alice: RawClient
  readonly runs: { readonly context: CallContext; readonly work: ReturnType<typeof deferred<unknown>> }[]
}

/** A hub whose handler of `work` settles when the test says so, and a client. */
async function running(options: StageOptions): Promise<Running> {
  const s = stage(options)
  const runs: Running['runs'] = []
  s.hub.handle('work', (_, context) => {
    const work = deferred<unknown>()
    runs.push({ context, work })
    return work.promise
  })
  s.hub.handle('now', () => 'done')
  return { s, alice: await s.client('alice'), runs }
}

const abortOf = (signal: AbortSignal | undefined): { aborted: boolean; reason: unknown } =>
  signal as unknown as { aborted: boolean; reason: unknown }

describe.each(paths)('a cancel of a call, with a backplane that is %s', (path) => {
  test('P-CN-2: aborts the signal of the handler with the code cancelled, and the answer comes once the handler has settled', async () => {
    const { s, alice, runs } = await running({ path })
    await alice.say(['call', 1, 'work', null])
    const signal = abortOf(runs[0]?.context.signal)
    expect(signal.aborted).toBe(false)
    await alice.say(['cancel', 2, 1])
    expect(signal.aborted).toBe(true)
    expect(signal.reason).toMatchObject({ code: 'cancelled', retryable: false })
    expect(alice.answered()).toEqual([2])
    runs[0]?.work.resolve('dropped')
    await s.settle()
    expect(alice.answer(1)).toMatchObject({ ok: false, code: 'cancelled' })
    expect(alice.answered()).toEqual([2, 1])
  })

  test('P-CN-2: what the handler throws after the cancel is dropped, and reported nowhere', async () => {
    const { s, alice, runs } = await running({ path })
    await alice.say(['call', 1, 'work', null], ['cancel', 2, 1])
    runs[0]?.work.reject(new Error('aborted'))
    await s.settle()
    expect([outcome(alice.answer(1)), s.errors]).toEqual(['cancelled', []])
  })

  test('P-CN-2: a handler that does not settle is answered for after five seconds, once', async () => {
    const { s, alice, runs } = await running({ path })
    await alice.say(['call', 1, 'work', null], ['cancel', 2, 1])
    await s.advance(4_900)
    expect(alice.answered()).toEqual([2])
    await s.advance(200)
    expect(outcome(alice.answer(1))).toBe('cancelled')
    runs[0]?.work.resolve('too late')
    await s.advance(40_000)
    expect(alice.answered()).toEqual([2, 1])
  })

  test('P-CN-2: the time of the call does not end it before the cancel does', async () => {
    const { s, alice } = await running({ path, timeouts: { call: 3_000 } })
    await alice.say(['call', 1, 'work', null])
    await s.advance(2_000)
    await alice.say(['cancel', 2, 1])
    await s.advance(4_000)
    expect(alice.answered()).toEqual([2])
    await s.advance(1_100)
    expect(outcome(alice.answer(1))).toBe('cancelled')
  })

  test('P-CN-2: a signal that is looked at after the cancel is aborted, too', async () => {
    const { alice, runs } = await running({ path })
    await alice.say(['call', 1, 'work', null], ['cancel', 2, 1])
    expect(abortOf(runs[0]?.context.signal).reason).toMatchObject({ code: 'cancelled' })
  })

  test('P-CN-2: a cancelled call counts in limits.inflight until it is answered', async () => {
    const { s, alice, runs } = await running({ path, limits: { inflight: 1 } })
    await alice.say(['call', 1, 'work', null], ['cancel', 2, 1], ['call', 3, 'now', null])
    expect(outcome(alice.answer(3))).toBe('busy')
    runs[0]?.work.resolve(null)
    await s.settle()
    expect(outcome(await alice.call(['call', 4, 'now', null]))).toBe('ok')
  })

  test.each([
    ['a ref that was never used', 99],
    ['the ref of a call that was answered', 1],
    ['the ref of a send', 2],
    ['the address of a stream that does not exist', '^s9fK2b_x.2/#chat'],
  ])('P-CN-1: of %s is ok, and changes nothing', async (_, target) => {
    const { alice, runs } = await running({ path })
    await alice.say(['call', 1, 'now', null], ['send', 2, '#a', 'say', 1], ['call', 3, 'work', null])
    expect(await alice.call(['cancel', 4, target])).toEqual({ ok: true, ref: 4, result: {} })
    expect(abortOf(runs[0]?.context.signal).aborted).toBe(false)
    expect(alice.frames('ok').find(([, ref]) => ref === 1)).toEqual(['ok', 1, 'done'])
  })

  test('P-CN-1: a second cancel of a call is ok, and changes nothing', async () => {
    const { s, alice } = await running({ path })
    await alice.say(['call', 1, 'work', null], ['cancel', 2, 1])
    await s.advance(3_000)
    await alice.say(['cancel', 3, 1])
    await s.advance(2_100)
    expect(alice.answered()).toEqual([2, 3, 1])
  })

  test('P-CN-1: a cancel concerns the calls of its own connection only', async () => {
    const { s, alice, runs } = await running({ path })
    await alice.say(['call', 1, 'work', null])
    const bob = await s.client('bob')
    await bob.say(['cancel', 1, 1])
    expect(abortOf(runs[0]?.context.signal).aborted).toBe(false)
    const again = await s.resume(alice)
    await again.say(['call', 2, 'work', null], ['cancel', 3, 1])
    expect(abortOf(runs[1]?.context.signal).aborted).toBe(false)
    await again.say(['cancel', 4, 2])
    expect(abortOf(runs[1]?.context.signal).reason).toMatchObject({ code: 'cancelled' })
  })

  test('P-CN-1: a cancel waits for no other operation', async () => {
    const allowed = deferred<boolean>()
    const { s, alice, runs } = await running({ path, authorize: () => allowed.promise })
    await alice.say(
      ['join', 1, '#a'],
      ['send', 2, '#a', 'say', 1],
      ['call', 3, 'work', null],
      ['cancel', 4, 3],
    )
    expect(alice.answered()).toEqual([4])
    runs[0]?.work.resolve(null)
    await s.settle()
    expect(alice.answered()).toEqual([4, 3])
  })

  test('P-CN-1: a cancel belongs to the window of 16 other operations', async () => {
    const allowed = deferred<boolean>()
    const { s, alice, runs } = await running({ path, authorize: () => allowed.promise })
    await alice.say(['call', 1, 'work', null])
    await alice.say(...Array.from({ length: 16 }, (_, i) => ['join', i + 2, `#${i}`]))
    await alice.say(['cancel', 18, 1])
    expect(outcome(alice.answer(18))).toBe('busy')
    expect(abortOf(runs[0]?.context.signal).aborted).toBe(false)
    allowed.resolve(true)
    await s.settle()
    expect(outcome(await alice.call(['cancel', 19, 1]))).toBe('ok')
    expect(abortOf(runs[0]?.context.signal).aborted).toBe(true)
  })

  test('P-CN-1: a cancel of a call does not count toward the rate, and runs while the rate is used up', async () => {
    const { alice, runs } = await running({ path, limits: { rate: 1, burst: 3 } })
    await alice.say(['call', 1, 'work', null], ['call', 2, 'work', null], ['call', 3, 'work', null])
    await alice.say(['call', 4, 'work', null])
    expect(outcome(alice.answer(4))).toBe('rate_limited')
    await alice.say(['cancel', 5, 1], ['cancel', 6, 2], ['cancel', 7, 3])
    expect([5, 6, 7].map((ref) => outcome(alice.answer(ref)))).toEqual(['ok', 'ok', 'ok'])
    expect(runs.map(({ context }) => abortOf(context.signal).aborted)).toEqual([true, true, true])
  })

  test('P-CN-2: the end of the connection after a cancel drops the answer, and leaves no timer', async () => {
    const { s, alice, runs } = await running({ path })
    await alice.say(['call', 1, 'work', null], ['cancel', 2, 1])
    await s.drop(alice)
    runs[0]?.work.resolve(null)
    await s.advance(6_000)
    expect([alice.answered(), s.errors]).toEqual([[2], []])
  })
})
