import { type AnyClient, explore, InvariantError, traceHash, type World } from '@chat/testing'
import { expect, test } from 'vitest'
import { optionsOf, run } from '../../scenarios/search.ts'
import { searches } from '../../scenarios/searches/all.ts'

for (const search of searches)
  test(`${search.name === 'calm' ? 'S-02, I10, ' : ''}S-01, I15: no seed of the search '${search.name}' breaks a promise, and the same seed gives the same trace`, {
    timeout: 60_000,
  }, async () => {
    const hashes: string[] = []
    const runs = search.brief === true ? 20 : 2
    const report = await run(search, { runs, progress: ({ hash }) => hashes.push(hash) })
    expect(report.steps).toBeGreaterThan(2500)
    expect(new Set(hashes).size).toBe(runs)
    expect(await traceHash({ ...optionsOf(search), seed: runs }, search.setup)).toBe(hashes.at(-1))
  })

test('S-38: a failure names the invariant, exactly the faults it needs, and how to repeat it', async () => {
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
  expect(violations[0]).toEqual({ invariant: 'bob is never cut off', detail: 'he was' })
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
