import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { deferred, outcome, paths, stage } from '../../support/stage.ts'

const large = 'x'.repeat(60_000)

/** A policy that does not answer for one room until it is told to. */
function slowPolicy() {
  const gate = deferred<true>()
  const policy = {
    asked: 0,
    open: () => gate.resolve(true),
    authorize: ({ address }: { address: string }) => {
      if (!address.startsWith('#slow')) return true
      policy.asked++
      return gate.promise
    },
  }
  return policy
}

describe.each(paths)('operations that wait, with a backplane that is %s', (path) => {
  test('P-LV-10: casts that wait for the policy take a megabyte at most, and then are dropped', async () => {
    const policy = slowPolicy()
    const s = stage({ path, authorize: policy.authorize })
    const [mallory, alice] = [await s.client('mallory'), await s.client('alice')]
    for (let n = 0; n < 60; n++) await mallory.say(['cast', '#slow', 'say', large])
    await s.advance(2_000)
    policy.open()
    await s.advance(5_000)
    expect(policy.asked).toBeGreaterThan(10)
    expect(policy.asked).toBeLessThan(20)
    expect(outcome(await alice.request('read', '#a'))).toBe('ok')
  })

  test('P-LV-10: sends of all sessions of a user that wait take a megabyte at most, and may be repeated', async () => {
    const policy = slowPolicy()
    const s = stage({ path, authorize: policy.authorize })
    const screens = await Promise.all(Array.from({ length: 5 }, () => s.client('mallory')))
    for (let n = 0; n < 10; n++)
      for (const [i, screen] of screens.entries())
        await screen.say(['send', screen.next(), `#slow ${i}`, 'say', large])
    const alice = await s.client('alice')
    expect(outcome(await alice.request('send', '#a', 'say', large))).toBe('ok')
    policy.open()
    await s.advance(1_000)
    const refusals = screens.flatMap((screen) => screen.frames('err'))
    expect([refusals.length > 30, refusals.length < 40]).toEqual([true, true])
    expect(new Set(refusals.map((frame) => frame[2]))).toEqual(new Set(['rate_limited']))
    expect(refusals[0]?.[4]).toMatchObject({ retryAfter: 1_000 })
    const again = await Promise.all(screens.map((screen) => screen.request('send', '#slow 1', 'say', large)))
    expect(again.map(outcome)).toEqual(Array(5).fill('ok'))
  })

  test('P-LV-10: the operations of a session that has ended no longer count', async () => {
    const policy = slowPolicy()
    const s = stage({ path, authorize: policy.authorize })
    const first = await s.client('mallory')
    for (let n = 0; n < 20; n++) await first.say(['send', first.next(), `#slow ${n}`, 'say', large])
    await s.drop(first)
    const second = await s.client('mallory')
    expect(outcome(await second.request('read', '#a'))).toBe('rate_limited')
    policy.open()
    await s.advance(1_000)
    expect(outcome(await second.request('read', '#a'))).toBe('ok')
  })

  test('P-LV-10: small operations that wait are as many as the window and the rate allow', async () => {
    const policy = slowPolicy()
    const s = stage({ path, authorize: policy.authorize })
    const alice = await s.client('alice')
    for (let n = 0; n < 60; n++) await alice.say(['send', alice.next(), '#slow', 'say', n])
    expect(alice.frames('err')).toEqual([])
    policy.open()
    await s.advance(1_000)
    expect(alice.frames('ok')).toHaveLength(60)
  })
})

test('P-LV-10: refs that were used before let no more data wait than the window of a session has', async () => {
  const s = stage({ authorize: slowPolicy().authorize })
  const screens = await Promise.all(Array.from({ length: 3 }, () => s.client('mallory')))
  // As objects it takes twenty times its text.
  const objects = Array.from({ length: 20_000 }, () => ({}))
  const before = collect()
  for (const screen of screens) await screen.say(['send', 1, '#slow', 'say', 1])
  for (const screen of screens)
    for (let n = 0; n < 60; n++) await screen.say(['send', 1, '#slow', 'say', objects])
  const held = (collect() - before) / 1e6
  expect(held, 'megabytes for 4 MiB of text').toBeLessThan(140)
})

/** Collects garbage, and returns the bytes that the heap holds. */
function collect(): number {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  gc()
  gc()
  return process.memoryUsage().heapUsed
}
