import { GuardError, world } from '@chat/testing'
import { expect, test, vi } from 'vitest'
import { open } from '../support/clients.ts'

/** Returns the error of a run with this code; `null` when it succeeds. */
const failureOf = (code: () => unknown, options: { guard?: boolean; fakeGlobals?: boolean } = {}) =>
  world(options, async () => {
    await code()
  }).then(
    () => null,
    (error: unknown) => error as GuardError,
  )

const touching: Record<string, () => unknown> = {
  Date: () => Date(),
  'Date.now': () => Date.now(),
  'new Date': () => new Date(),
  'performance.now': () => performance.now(),
  setTimeout: () => setTimeout(() => {}, 0),
  setInterval: () => clearInterval(setInterval(() => {}, 1_000)),
  setImmediate: () => setImmediate(() => {}),
  'AbortSignal.timeout': () => AbortSignal.timeout(1_000),
  'Math.random': () => Math.random(),
  'crypto.getRandomValues': () => crypto.getRandomValues(new Uint8Array(4)),
  'crypto.randomUUID': () => crypto.randomUUID(),
}

for (const [name, touch] of Object.entries(touching))
  test(`a run that calls ${name} fails, with what was called, where, and what to take in its place`, async () => {
    const failure = await failureOf(touch)
    expect(failure).toBeInstanceOf(GuardError)
    expect(failure).toMatchObject({ name: 'GuardError', code: 'guard', global: name })
    expect(failure?.message).toMatch(
      /^unable to give the same run for the same seed: .*\(\) was called at .*guard\.test\.ts.*; take .* from w\./,
    )
    expect(failure?.message).toContain(`${name}() was called at`)
    expect(failure?.stack?.split('\n')[1]).toContain('guard.test.ts')
  })

test('globals without time or randomness are allowed', async () => {
  const harmless = (): void => {
    new Date(0).toISOString()
    Date.parse('2026-01-01')
    new Date(2026, 1)
    Math.max(1, 2)
    clearTimeout(undefined)
    queueMicrotask(() => {})
  }
  expect(await failureOf(harmless)).toBe(null)
})

test('without the guard all calls pass', async () => {
  for (const touch of Object.values(touching)) expect(await failureOf(touch, { guard: false })).toBe(null)
})

test('a run fails also when the code that was refused has caught the error', async () => {
  const careless = (): void => {
    try {
      Date.now()
    } catch {}
  }
  expect(await failureOf(careless)).toMatchObject({ global: 'Date.now' })
})

test('code is guarded in hooks of a hub, listeners, timers, and after an await', async () => {
  const places: Record<string, Parameters<typeof world>[1]> = {
    hook: async (w) => {
      const hub = w.hub({ ...open, authorize: () => Math.random() < 2 })
      const alice = await w.client(hub, 'alice')
      await alice.join('#general').ready.catch(() => {})
    },
    listener: async (w) => {
      const hub = w.hub(open)
      const alice = await w.client(hub, 'alice')
      const room = alice.join('#general')
      room.on('say', () => Date.now())
      await room.ready
      await room.send('say', 'hi')
      await w.settle()
    },
    timer: async (w) => {
      w.runtime('app').timer(1_000, () => {
        Math.random()
      })
      await w.advance('2s').catch(() => {})
    },
    'after an await': async (w) => {
      await w.advance('1s')
      await Promise.resolve()
      Math.random()
    },
  }
  for (const [place, scenario] of Object.entries(places))
    await expect(world({}, scenario), place).rejects.toBeInstanceOf(GuardError)
})

test('a run ends as soon as it is known to have failed, also when its code then waits for ever', async () => {
  const stuck = async (): Promise<void> => {
    try {
      setTimeout(() => {}, 0)
    } catch {}
    await new Promise(() => {})
  }
  expect(await failureOf(stuck)).toMatchObject({ global: 'setTimeout' })
})

/** Globals that the guard replaces during a run. */
const globals = () => ({
  Date,
  setTimeout,
  setInterval,
  setImmediate,
  clearTimeout,
  now: performance.now,
  random: Math.random,
  getRandomValues: crypto.getRandomValues,
  randomUUID: crypto.randomUUID,
  timeout: AbortSignal.timeout,
})

test('code beside a run is not guarded', async () => {
  const beside = new Promise<number>((resolve) => setImmediate(() => resolve(Date.now() + Math.random())))
  await world({}, async (w) => {
    for (let i = 0; i < 10; i++) await w.advance('1s')
  })
  expect(await beside).toBeGreaterThan(0)
})

test('after a run all globals are as before, also for callbacks that outlive it', async () => {
  const before = globals()
  let release = (): void => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  let late: Promise<number> = Promise.resolve(0)
  await world({}, () => {
    for (const [name, value] of Object.entries(globals()))
      expect(value, name).not.toBe(before[name as keyof typeof before])
    late = released.then(() => Date.now())
  })
  for (const [name, value] of Object.entries(globals()))
    expect(value, name).toBe(before[name as keyof typeof before])
  // Another run that is under way does not answer for it.
  await world({}, async (w) => {
    release()
    await w.advance('1s')
  })
  expect(await late).toBeGreaterThan(0)
})

test('worlds side by side are guarded each for itself', async () => {
  const long = world({}, async (w) => {
    for (let i = 0; i < 50; i++) await w.advance('1s')
  })
  const allowed = failureOf(() => Math.random(), { guard: false })
  const refused = failureOf(() => Math.random())
  expect(await allowed).toBe(null)
  expect(await refused).toMatchObject({ global: 'Math.random' })
  await long
})

test('of worlds inside each other the innermost that has a guard refuses', async () => {
  const inner = await failureOf(() =>
    expect(world({}, () => void Date.now())).rejects.toMatchObject({ global: 'Date.now' }),
  )
  expect(inner).toBe(null)
  const outer = await failureOf(() => world({ guard: false }, () => void Date.now()).catch(() => {}))
  expect(outer).toMatchObject({ global: 'Date.now' })
})

test('a global that a test has replaced is left alone', async () => {
  vi.useFakeTimers({ now: 5_000 })
  try {
    expect(await failureOf(() => Date.now() + new Date().toString().length)).toBe(null)
    expect(await failureOf(() => setTimeout(() => {}, 1))).toBe(null)
  } finally {
    vi.useRealTimers()
  }
  const spy = vi.spyOn(Math, 'random').mockReturnValue(0.5)
  try {
    expect(await failureOf(() => Math.random())).toBe(null)
  } finally {
    spy.mockRestore()
  }
  expect(await failureOf(() => Math.random())).toMatchObject({ global: 'Math.random' })
})

test('a global that a run has faked or spied on and restored is as before, and guarded again in the next run', async () => {
  const { random } = Math
  let undo = (): void => {}
  await world({}, () => {
    const spy = vi.spyOn(Math, 'random').mockReturnValue(0.5)
    expect(Math.random()).toBe(0.5)
    undo = () => spy.mockRestore()
  })
  undo()
  expect(Math.random()).toBeLessThan(1)
  expect(await failureOf(() => Math.random())).toMatchObject({ global: 'Math.random' })
  Math.random = random
})

test('printing and comparing inside a run is allowed', () =>
  world({}, async (w) => {
    console.log('a line from inside a world')
    expect({ at: w.now }).toEqual({ at: 0 })
    await expect(Promise.resolve(1)).resolves.toBe(1)
  }))
