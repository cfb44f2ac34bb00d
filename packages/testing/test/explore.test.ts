import { type AnyClient, allFaults, explore, InvariantError, traceHash, type World } from '@chat/testing'
import { expect, test } from 'vitest'
import { cluster, talk } from '../scenarios/delivery.ts'
import { run, searches } from '../scenarios/searches.ts'

for (const search of searches)
  test(`S-01: no seed of the search '${search.name}' breaks an invariant of delivery`, {
    timeout: 60_000,
  }, async () => {
    const report = await run(search, { runs: 40 })
    expect(report.runs).toBe(40)
    expect(report.steps).toBeGreaterThan(40_000)
  })

test('I15: the same seed gives the same trace, another one another', async () => {
  const options = { faults: allFaults, workload: talk }
  const [first, second, other] = [
    await traceHash({ ...options, seed: 5 }, cluster(2)),
    await traceHash({ ...options, seed: 5 }, cluster(2)),
    await traceHash({ ...options, seed: 6 }, cluster(2)),
  ]
  expect(second).toBe(first)
  expect(other).not.toBe(first)
})

test('S-38: a failure names the invariant, the faults it needs and no others, and how to see it again', async () => {
  const open = {
    authenticate: ({ token }: { token: string | null }) => ({ id: token ?? '' }),
    authorize: () => true,
  }
  const search = explore(
    {
      runs: 50,
      faults: ['cut', 'stall', 'trim', 'outage'],
      workload: (w: World) => w.advance('90s'),
      check: (w: World, bob: AnyClient) => {
        w.invariant(
          'bob is never cut off',
          () => w.statuses(bob).every((status) => status !== 'reconnecting') || 'he was',
        )
      },
    },
    async (w) => w.client(w.hub(open), 'bob'),
  )
  const failure = await search.then(
    () => null,
    (error: unknown) => error,
  )
  expect(failure).toBeInstanceOf(InvariantError)
  const { message, violations } = failure as InvariantError
  expect(violations[0]).toEqual({ invariant: 'bob is never cut off', what: 'he was' })
  expect(message.match(/"kind":/g)?.length).toBe(2)
  expect(message).toMatch(/explore\(\{ …, runs: 1, seed: \d+, replay: \[\{[^\]]*\}\] \}, …\)/)
})

test('a search says which situations it has seen, and fails when one it must see never came about', async () => {
  const options = { runs: 3, faults: [], workload: (w: World) => w.sometimes('it rains') }
  const report = await explore(options, () => null)
  expect(report.situations.get('it rains')).toBe(3)
  await expect(explore({ ...options, situations: ['it snows'] }, () => null)).rejects.toThrow(
    /'it snows' never came about/,
  )
})
