import type { Client } from '@chat/core'
import {
  DivergenceError,
  type ExploreOptions,
  explore,
  GuardError,
  InvariantError,
  type World,
  world,
} from '@chat/testing'
import { expect, test } from 'vitest'
import { open } from '../support/clients.ts'

/** Returns the error of a promise that rejects. */
const failureOf = (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => null,
    (error: unknown) => error,
  )

/** A client that sends all the time, and a client that counts messages but is wrong after a gap. */
interface Pair {
  readonly alice: Client
  readonly counted: () => number
  readonly said: () => number
}

async function pair(w: World): Promise<Pair> {
  const hub = w.hub({ ...open, limits: { replay: 5 } })
  const alice = await w.client(hub, 'alice')
  const bob = await w.client(hub, 'bob')
  let counted = 0
  const room = bob.join('#general')
  room.on('say', () => counted++)
  await room.ready
  return {
    alice,
    counted: () => counted,
    said: () => w.seen(bob, '#general').length + (w.gaps(bob, '#general').length > 0 ? 1 : 0),
  }
}

const talk = async (w: World, { alice }: Pair): Promise<void> => {
  for (let i = 0; i < 30; i++) {
    alice
      .to('#general')
      .send('say', i)
      .catch(() => {})
    await w.advance('2s')
  }
}

const miscounting: ExploreOptions<Pair> = {
  runs: 30,
  most: 12,
  workload: talk,
  check: (w, { counted, said }) =>
    w.invariant('everything is counted', () => counted() === said() || `${counted()}, not ${said()}`),
}

test('S-38: a failure is shrunk to at most three faults, and its replay gives the same trace', async () => {
  const failure = await failureOf(explore(miscounting, pair))
  if (!(failure instanceof InvariantError) || failure.replay === null) throw failure
  const { seed, faults, hash } = failure.replay
  expect(faults.length).toBeGreaterThan(0)
  expect(faults.length).toBeLessThanOrEqual(3)
  expect(failure.message).toContain(`seed ${seed}, trace ${hash}`)

  const again = await failureOf(explore({ ...miscounting, runs: 1, seed, replay: faults }, pair))
  expect(again).toMatchObject({ violations: failure.violations, replay: { seed, faults, hash } })
  const without = await failureOf(explore({ ...miscounting, runs: 1, seed, replay: [] }, pair))
  expect(without).toBe(null)
})

test('a failure tells the violation, the faults it needs, the events before it, and how to repeat it, in this order', async () => {
  const { message } = (await failureOf(explore(miscounting, pair))) as InvariantError
  const lines = message.split('\n')
  expect(lines[0]).toMatch(/^everything is counted does not hold: \d+, not \d+$/)
  expect(lines[1]).toMatch(/^seed \d+, trace [0-9a-f]{16}$/)
  expect(lines[2]).toMatch(/^of \d+ faults it needs (one|2|3):$/)
  expect(lines[3]).toMatch(/^ {2}\{"at":\d+,"kind":"\w+",.*\}$/)
  const led = lines.indexOf('what led to it:')
  const again = lines.indexOf('to see it again:')
  const back = lines.slice(led + 1, again)
  expect(back.length).toBeLessThanOrEqual(27)
  const events = back.slice(0, back.indexOf('          …'))
  expect(events.some((line) => /fault: |is told of a gap|is reconnecting/.test(line))).toBe(true)
  expect(events.every((line) => !line.includes('#general takes'))).toBe(true)
  expect(lines[again - 1]).toContain('VIOLATED everything is counted')
  expect(lines.slice(led, again).join('\n')).toContain('#general takes')
  expect(lines[again + 1]).toMatch(/^ {2}explore\(\{ …, runs: 1, seed: \d+, replay: \[\{.*\}\] \}, …\)$/)
  expect(lines.length).toBe(again + 2)
})

test('the events of a failure are those before the first violation, also when the run went on for long', async () => {
  const scenario = world({}, async (w) => {
    const alice = await w.client(w.hub(open), 'alice')
    w.invariant('alice is never cut off', () => !w.statuses(alice).includes('reconnecting') || 'she was')
    w.link(alice).cut('1s')
    for (let i = 0; i < 50; i++) {
      await w.advance('10s')
      await alice.to('*').send('say', i)
    }
  })
  const failure = (await failureOf(scenario)) as InvariantError
  expect(failure.message).toContain('fault: cut for 1s')
  expect(failure.message.split('\n').at(-1)).toContain('VIOLATED alice is never cut off: she was')
  expect(failure.violations).toEqual([{ invariant: 'alice is never cut off', detail: 'she was' }])
  expect(failure.replay).toBe(null)
})

test('an invariant can be written with expect, and counts also when those of delivery do not', async () => {
  const scenario = world({ invariants: false }, async (w) => {
    w.invariant('it is early', () => {
      expect(w.now).toBeLessThan(1_000)
      return true
    })
    await w.advance('2s')
  })
  expect(await failureOf(scenario)).toMatchObject({
    violations: [
      { invariant: 'it is early', detail: expect.stringMatching(/expected 2000 to be less than/) },
    ],
  })
})

test('an error of a check is reported the same way, with the cause', async () => {
  const failure = await failureOf(
    explore(
      {
        ...miscounting,
        check: (_, { counted, said }) => expect(counted(), 'what was counted').toBe(said()),
      },
      pair,
    ),
  )
  const { message, cause } = failure as Error
  expect(message).toMatch(
    /^what was counted: expected \d+ to be \d+.*\nseed \d+, trace .*\nof \d+ faults it needs /,
  )
  expect(message).toMatch(/\nto see it again:\n {2}explore\(.*\)$/)
  expect(cause).toMatchObject({ name: 'AssertionError' })
})

test('a failure that needs no fault says so', async () => {
  const options = {
    ...miscounting,
    check: () => {
      throw new RangeError('always')
    },
  }
  const { message } = (await failureOf(explore(options, pair))) as Error
  expect(message).toMatch(/^always\nseed 1, .*\nit needs none of the \d+ faults that were there\nwhat led/)
  expect(message).toContain('seed: 1, replay: [] }')
  const calm = (await failureOf(explore({ ...options, faults: [] }, pair))) as Error
  expect(calm.message).toContain('\nwithout any fault\n')
})

test('I15: a seed that gives two different runs fails the search, and the line where they part is shown', async () => {
  let outlives = 0
  const options = {
    runs: 3,
    faults: [],
    workload: async (w: World, alice: Client) => {
      await w.advance('1s')
      await alice.to('*').send('say', { count: ++outlives })
    },
  }
  const setup = async (w: World) => w.client(w.hub(open), 'alice')
  const failure = await failureOf(explore(options, setup))
  expect(failure).toBeInstanceOf(DivergenceError)
  expect(failure).toMatchObject({ code: 'divergence', seed: 1 })
  expect((failure as Error).message).toMatch(
    /^unable to give the same run for seed 1: two runs differ\n {2}first: .*say \{"count":1\}\n {2}second: .*say \{"count":2\}\n/,
  )
  expect(await failureOf(explore({ ...options, twice: 0 }, setup))).toBe(null)
})

test('I15: a failure that does not come again is no failure of an invariant', async () => {
  let runs = 0
  const options = {
    runs: 5,
    faults: [],
    twice: 0,
    workload: async (w: World, alice: Client) => {
      if (++runs === 3) await alice.to('*').send('say', 'once only')
      w.invariant('nothing is said', () => runs !== 3 || 'a message was missed')
      await w.advance('1s')
    },
  }
  const failure = await failureOf(explore(options, async (w) => w.client(w.hub(open), 'alice')))
  expect(failure).toMatchObject({ code: 'divergence', seed: 3 })
})

test('a search fails with the call that the guard has refused', async () => {
  const search = explore({ runs: 2, workload: (w) => w.advance('1s') }, () => void Math.random())
  expect(await failureOf(search)).toBeInstanceOf(GuardError)
})

test('when a scenario fails after an invariant did not hold, it is the invariant that is told', async () => {
  const scenario = world({}, async (w) => {
    w.invariant('it is early', () => w.now < 1_000 || 'it is late')
    await w.advance('2s')
    throw new RangeError('therefore')
  })
  expect(await failureOf(scenario)).toMatchObject({ violations: [{ invariant: 'it is early' }] })
})
