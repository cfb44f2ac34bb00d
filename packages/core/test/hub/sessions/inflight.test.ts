import { describe, expect, test } from 'vitest'
import { deferred, outcome, paths, stage } from '../../support/stage.ts'

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i)

describe.each(paths)('unanswered operations, with a backplane that is %s', (path) => {
  test('P-PB-6: 64 sends and calls may be unanswered, a further one is busy', async () => {
    const allowed = deferred<boolean>()
    const s = stage({ path, authorize: () => allowed.promise })
    s.hub.handle('wait', () => allowed.promise)
    const alice = await s.client('alice')
    await alice.say(
      ...range(1, 32).map((ref) => ['send', ref, '#a', 'say', ref]),
      ...range(33, 64).map((ref) => ['call', ref, 'wait', ref]),
    )
    expect(alice.answered()).toEqual([])
    await alice.say(['send', 65, '#b', 'say', 1], ['call', 66, 'wait', 1])
    expect([65, 66].map((ref) => outcome(alice.answer(ref)))).toEqual(['busy', 'busy'])
    allowed.resolve(true)
    await s.settle()
    expect(alice.answered().toSorted((a, b) => a - b)).toEqual(range(1, 66))
    expect(outcome(await alice.call(['send', 67, '#a', 'say', 67]))).toBe('ok')
  })

  test('P-PB-6: 16 of the other operations may be unanswered, in a window of their own', async () => {
    const allowed = deferred<boolean>()
    const s = stage({ path, authorize: ({ action }) => (action === 'join' ? allowed.promise : true) })
    const alice = await s.client('alice')
    await alice.say(...range(1, 16).map((ref) => ['join', ref, `#${ref}`]))
    await alice.say(['join', 17, '#17'], ['read', 18, '#a'], ['leave', 19, '#a'], ['auth', 20, 'alice'])
    expect([17, 18, 19, 20].map((ref) => outcome(alice.answer(ref)))).toEqual([
      'busy',
      'busy',
      'busy',
      'busy',
    ])
    expect(outcome(await alice.call(['send', 21, '#a', 'say', 1]))).toBe('ok')
    allowed.resolve(true)
    await s.settle()
    expect(outcome(await alice.call(['join', 22, '#17']))).toBe('ok')
  })

  test('P-PB-6: the number of unanswered sends can be set, and is named in the welcome', async () => {
    const allowed = deferred<boolean>()
    const s = stage({ path, limits: { inflight: 2 }, authorize: () => allowed.promise })
    const alice = await s.client('alice')
    expect(alice.welcome.limits['inflight']).toBe(2)
    await alice.say(...range(1, 3).map((ref) => ['send', ref, '#a', 'say', ref]))
    expect(alice.answered()).toEqual([3])
    expect(alice.answer(3)).toMatchObject({ code: 'busy' })
  })

  test('P-PB-6: a refusal frees the window like an answer', async () => {
    const s = stage({ path, limits: { inflight: 2, burst: 1_000 }, authorize: () => false })
    s.hub.handle('no', () => {
      throw new Error('no')
    })
    const alice = await s.client('alice')
    for (const ref of range(1, 10)) {
      const frame = ref % 2 === 0 ? ['send', ref, '#a', 'say', 1] : ['call', ref, 'no', 1]
      await alice.say(frame)
    }
    expect(range(1, 10).map((ref) => outcome(alice.answer(ref)))).not.toContain('busy')
  })
})
