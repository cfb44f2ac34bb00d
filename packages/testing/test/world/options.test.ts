import { UsageError } from '@chat/core'
import {
  Actor,
  type ExploreOptions,
  explore,
  type Fault,
  traceHash,
  VirtualTime,
  type World,
  world,
} from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { open } from '../support/clients.ts'

/** Options as plain JavaScript passes them: the compiler does not check their names. */
const untyped = <T>(options: object): T => options as T

const search = (options: object): ExploreOptions<unknown> =>
  untyped({ runs: 1, faults: [], workload: () => {}, ...options })

describe('an option that does not exist', () => {
  test('rejects a world, with the list of its options', async () => {
    const run = world(untyped({ sead: 7 }), () => {})
    await expect(run).rejects.toBeInstanceOf(UsageError)
    await expect(run).rejects.toThrow(
      "unable to run the world: there is no option 'sead'; the options are seed, latency, backplaneLatency, log, invariants, guard, fakeGlobals",
    )
  })

  test('rejects a search, and the hash of its trace', async () => {
    const message =
      /^unable to explore: there is no option 'seeds'; the options are seed, latency, .*, runs, faults, .*, progress; did you mean 'seed'\?$/
    for (const start of [explore, traceHash])
      await expect(start(search({ seeds: 7 }), () => {})).rejects.toThrow(message)
  })

  test('is refused for an actor', () => {
    const time = new VirtualTime()
    expect(() => time.actor('alice', untyped({ works: true }))).toThrow(
      "unable to make the actor: there is no option 'works'; the options are work",
    )
    expect(() => time.runtime('alice', untyped({ works: true }))).toThrow(UsageError)
    expect(time.actor('alice', { work: true })).toBeInstanceOf(Actor)
  })

  test('is refused for a crash, a reset and lost hints', () =>
    world({}, async (w) => {
      const hub = w.hub(open)
      const alice = await w.client(hub, 'alice')
      expect(() => w.crash(hub, untyped({ restarts: '1s' }))).toThrow(
        "unable to crash the hub: there is no option 'restarts'; the options are restart, seen",
      )
      expect(() => w.link(alice).reset(untyped({ server: null }))).toThrow(
        "unable to reset the link: there is no option 'server'; the options are client, hub",
      )
      expect(() => w.backplane.hints(untyped({ loses: 0.5 }), '1s')).toThrow(
        "unable to change the hints: there is no option 'loses'; the options are lose, double",
      )
    }))
})

describe('a fault that does not exist', () => {
  const message = /there is no fault 'earthquake'; the faults are stall, reset, .*, omission, repetition$/

  test('rejects a search, with the list of the faults', async () => {
    const run = explore(search({ faults: ['earthquake'] }), () => {})
    await expect(run).rejects.toBeInstanceOf(UsageError)
    await expect(run).rejects.toThrow(message)
  })

  test('rejects a replay', async () => {
    const replay = [{ kind: 'earthquake', at: 5 }]
    await expect(explore(search({ replay }), () => {})).rejects.toThrow(message)
  })

  test('is refused by a world', () =>
    world({}, (w: World) => {
      expect(() => w.inject(untyped<Fault>({ kind: 'earthquake', at: 5 }))).toThrow(message)
    }))
})

describe('a missing function is refused, with the call as it should be', () => {
  const none = undefined as never
  const nothing = undefined as never

  test('of a world', () =>
    expect(world({}, none)).rejects.toThrow(
      'unable to run the world: the second argument is undefined, not a function; write `world(options, (w) => { … })`',
    ))

  test('of a search, and of its hash', async () => {
    for (const start of [explore, traceHash]) {
      await expect(start(nothing, none)).rejects.toBeInstanceOf(UsageError)
      await expect(start(nothing, none)).rejects.toThrow(
        'unable to explore: the first argument is missing; write `explore({ workload }, (w) => { … })`',
      )
      await expect(start(search({}), none)).rejects.toThrow(
        'unable to explore: the second argument is undefined, not a function',
      )
      await expect(start(search({ workload: undefined }), () => {})).rejects.toThrow(
        "unable to explore: the option 'workload' is undefined; give a function",
      )
    }
  })
})

test('a hub or a client of another world is refused', () =>
  world({}, async (w) => {
    const hub = w.hub(open)
    const alice = await w.client(hub, 'alice')
    await world({ seed: 2 }, (other) => {
      expect(() => other.pause(hub, '1s')).toThrow('unable to find the hub: it belongs to another world')
      expect(() => other.link(alice)).toThrow('unable to find the client: it belongs to another world')
    })
  }))

test.each<[string, unknown, string]>([
  ['seed', 'x', 'a whole number, but is "x"'],
  ['seed', Number.NaN, 'a whole number, but is NaN'],
  ['seed', 1.5, 'a whole number, but is 1.5'],
  ['latency', null, "a duration, such as 20 or '20ms', or [least, most], but is null"],
  ['latency', [], 'or [least, most], but is an array'],
  ['backplaneLatency', {}, 'or [least, most], but is an instance of Object'],
  ['log', 1_000, 'an object, but is 1000'],
  ['guard', 'no', 'true or false, but is "no"'],
  ['invariants', 0, 'true or false, but is 0'],
  ['fakeGlobals', null, 'true or false, but is null'],
])('a world refuses the option %s as %j', async (name, value, expected) => {
  const run = world(untyped({ [name]: value }), () => {})
  await expect(run).rejects.toBeInstanceOf(UsageError)
  await expect(run).rejects.toThrow(`unable to run the world: the option '${name}' must be `)
  await expect(run).rejects.toThrow(expected)
})

test('a world without options shows the call as it should be', () =>
  expect(world(undefined as never, () => {})).rejects.toThrow(
    'unable to run the world: the first argument is missing; write `world(options, (w) => { … })`',
  ))

test('arguments of a world that cannot work are named', () =>
  world({}, async (w: World) => {
    const hub = w.hub(open)
    const alice = await w.client(hub, 'alice')
    const link = w.link(alice)
    const uses: readonly [use: () => unknown, told: string][] = [
      [() => w.hub(null as never), "the option 'options' must be an object, but is null"],
      [() => w.hub({}, 'x' as never), 'the argument \'setup\' must be a function, but is "x"'],
      [() => w.skew(hub, 0, '1s'), "the argument 'rate' must be a number above 0, but is 0"],
      [() => w.skew(hub, 'fast' as never, '1s'), 'a number above 0, but is "fast"'],
      [() => w.shiftClock(hub, Number.NaN, '1s'), "the argument 'ahead' must be a finite number, but is NaN"],
      [
        () => w.inject({ kind: 'cut' } as never),
        "the argument 'at' must be a finite number, but is undefined",
      ],
      [() => w.inject(undefined as never), "there is no fault 'undefined'; the faults are "],
      [() => w.invariant('x', true as never), "the argument 'holds' must be a function, but is true"],
      [() => w.invariant((() => true) as never, 'x' as never), "the argument 'name' must be a text"],
      [() => w.sometimes(undefined as never), "the argument 'name' must be a text, but is undefined"],
      [() => w.runtime(undefined as never), "the argument 'actor' must be a text, but is undefined"],
      [() => w.hold(5 as never), 'unable to hold the clock: give a promise, and not 5'],
      [() => link.limit(-1), "the argument 'bytesPerSecond' must be a number above 0, but is -1"],
      [() => link.stall('1s', 'in' as never), "must be 'up' or 'down' or 'both', but is \"in\""],
      [() => w.backplane.trim('#a', -1), "the argument 'keep' must be a whole number from 0, but is -1"],
      [() => w.backplane.trim(5 as never, '#a' as never), "the argument 'stream' must be a text, but is 5"],
      [
        () => w.backplane.rollback('#a', 1.5),
        "the argument 'count' must be a whole number from 0, but is 1.5",
      ],
      [
        () => w.backplane.loseAnswers(50, '1s'),
        "the argument 'share' must be a share from 0 to 1, but is 50",
      ],
      [
        () => w.backplane.hints({ lose: 2 }, '1s'),
        "the argument 'lose' must be a share from 0 to 1, but is 2",
      ],
      [() => w.pause(hub, 10n as never), 'unable to read the duration 10n: write 1500'],
      [() => w.skew(hub, 2, '1 s' as never), 'unable to read the duration "1 s"'],
      [() => w.crash(hub, { restart: 'soon' as never }), 'unable to read the duration "soon"'],
      [() => link.cut(null as never), 'unable to read the duration null'],
      [() => w.backplane.outage(Number.NaN), 'unable to read the duration NaN'],
    ]
    for (const [use, told] of uses) expect(use).toThrow(told)
    // No fault has begun.
    await w.settle()
    expect(w.statuses(alice).at(-1)).toBe('connected')
  }))
