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
