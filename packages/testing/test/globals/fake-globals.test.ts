import { AsyncLocalStorage } from 'node:async_hooks'
import { explore, traceHash, type World, type WorldOptions, world } from '@chat/testing'
import { expect, test, vi } from 'vitest'
import { open } from '../support/clients.ts'

/** A world whose globals are its own. */
const faked = (scenario: (w: World) => Promise<void> | void, options: WorldOptions = {}) =>
  world({ fakeGlobals: true, ...options }, scenario)

test('Date and performance.now follow the clock of the world, from 1 January 2026 on', () =>
  faked(async (w) => {
    expect(new Date().toISOString()).toBe('2026-01-01T00:00:00.000Z')
    await w.advance('36h')
    expect(Date.now()).toBe(Date.UTC(2026, 0, 2, 12))
    expect(new Date()).toEqual(new Date('2026-01-02T12:00:00Z'))
    expect(Date()).toBe(new Date().toString())
    expect(performance.now()).toBe(w.now)
    expect(new Date() instanceof Date).toBe(true)
    expect(new Date(2020, 1, 2).getFullYear()).toBe(2020)
    class Birthday extends Date {}
    expect(new Birthday().getTime()).toBe(Date.now())
  }))

test('a timeout fires in its time, with its arguments, and not when it was cleared', () =>
  faked(async (w) => {
    const fired: unknown[] = []
    setTimeout((...args) => fired.push(...args, w.now), 5_000, 'a', 'b')
    const cleared = setTimeout(() => fired.push('cleared'), 1_000)
    clearTimeout(cleared)
    const numbered = Number(setTimeout(() => fired.push('numbered'), 1_000))
    clearTimeout(numbered)
    await w.advance('4999ms')
    expect(fired).toEqual([])
    await w.advance('1ms')
    expect(fired).toEqual(['a', 'b', 5_000])
  }))

test('an interval fires again and again until it is cleared, also by itself', () =>
  faked(async (w) => {
    const fired: number[] = []
    const interval = setInterval(
      () => {
        fired.push(w.now)
        if (fired.length === 3) clearInterval(interval)
      },
      '10s' as unknown as number,
    )
    const steady = setInterval(() => fired.push(-1), 60_000)
    await w.advance('61s')
    clearInterval(steady)
    await w.advance('1h')
    expect(fired).toEqual([1, 2, 3, -1])
  }))

test('a timer can be started anew, and remembers whether a process should wait for it', () =>
  faked(async (w) => {
    let fired = 0
    const timer = setTimeout(() => fired++, 1_000)
    await w.advance('900ms')
    timer.refresh()
    await w.advance('900ms')
    expect(fired).toBe(0)
    await w.advance('100ms')
    expect(fired).toBe(1)
    expect([timer.hasRef(), timer.unref().hasRef(), timer.ref().hasRef()]).toEqual([true, false, true])
    timer.close()
    timer.refresh()
    await w.advance('1h')
    expect(fired).toBe(1)
  }))

test('setImmediate comes before any time passes, and settling waits for it', () =>
  faked(async (w) => {
    const order: string[] = []
    setTimeout(() => order.push('timeout'), 0)
    setImmediate((what) => order.push(what), 'immediate')
    clearImmediate(setImmediate(() => order.push('cleared')))
    queueMicrotask(() => order.push('microtask'))
    await w.settle()
    expect(order).toEqual(['microtask', 'immediate'])
    expect(w.now).toBe(0)
    await w.advance(1)
    expect(order.at(-1)).toBe('timeout')
  }))

test('AbortSignal.timeout aborts in its time, as the platform does it', () =>
  faked(async (w) => {
    const signal = AbortSignal.timeout(30_000)
    await w.advance('29s')
    expect(signal.aborted).toBe(false)
    await w.advance('1s')
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' })
    expect(() => signal.throwIfAborted()).toThrow(/timeout/)
  }))

test('randomness comes from the seed', async () => {
  const draw = async (seed: number): Promise<unknown[]> => {
    const drawn: unknown[] = []
    await faked(
      () => {
        drawn.push(Math.random(), crypto.randomUUID(), crypto.getRandomValues(new Uint16Array(3)).join())
      },
      { seed },
    )
    return drawn
  }
  const [number, uuid] = await draw(3)
  expect(number).toBeLessThan(1)
  expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(await draw(3)).toEqual(await draw(3))
  expect(await draw(4)).not.toEqual(await draw(3))
})

test('arguments that the platform refuses are refused', () =>
  faked(() => {
    expect(() => setTimeout('now' as unknown as () => void, 1)).toThrow(TypeError)
    expect(() => crypto.getRandomValues(new Float32Array(1) as unknown as Uint8Array<ArrayBuffer>)).toThrow(
      /type/i,
    )
  }))

test('an error that a timer throws fails the run', async () => {
  const failing = faked(async (w) => {
    setTimeout(() => {
      throw new Error('boom')
    }, 1_000)
    await new Promise((resolve) => setTimeout(resolve, 5_000))
    w.sometimes('never')
  })
  await expect(failing).rejects.toThrow('boom')
})

test('a scenario can wait for timers; time passes by itself', () =>
  faked(async (w) => {
    await new Promise((resolve) => setTimeout(resolve, 3_600_000))
    expect(w.now).toBe(3_600_000)
  }))

test('a timer keeps the contexts of the code that set it', () =>
  faked(async (w) => {
    const context = new AsyncLocalStorage<string>()
    const seen: unknown[] = []
    context.run('request 1', () => setTimeout(() => seen.push(context.getStore()), 10))
    context.run('request 2', () => setTimeout(() => seen.push(context.getStore()), 20))
    await w.advance('1s')
    expect(seen).toEqual(['request 1', 'request 2'])
  }))

test('beside a run and after it the globals are the real ones', async () => {
  const start = Date.now()
  const beside = new Promise<number>((resolve) => setTimeout(() => resolve(Date.now()), 1))
  let left: Promise<number> = Promise.resolve(0)
  let release = (): void => {}
  await faked(async (w) => {
    for (let i = 0; i < 20; i++) await w.advance('1h')
    left = new Promise<void>((resolve) => {
      release = resolve
    }).then(() => Date.now())
  })
  release()
  for (const at of [await beside, await left, Date.now()]) expect(Math.abs(at - start)).toBeLessThan(60_000)
})

test('of worlds side by side each has a clock of its own', async () => {
  const clock = (hours: number) =>
    faked(async (w) => {
      for (let i = 0; i < hours; i++) await w.advance('1h')
      expect(Date.now()).toBe(Date.UTC(2026, 0, 1, hours))
    })
  await Promise.all([clock(3), clock(7)])
})

test("under vitest's fake timers a world goes on, with or without fakes of its own", async () => {
  vi.useFakeTimers({ now: 0 })
  try {
    await world({}, async (w) => {
      const hub = w.hub(open)
      const alice = await w.client(hub, 'alice')
      await alice.join('#general').ready
      await w.advance('1m')
      expect(Date.now()).toBe(0)
    })
    await faked(async (w) => {
      let fired = false
      setTimeout(() => {
        fired = true
      }, 1_000)
      await w.advance('1m')
      expect([fired, Date.now()]).toEqual([true, Date.UTC(2026, 0, 1, 0, 1)])
    })
    expect(Date.now()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})

test("a world that is loaded under vitest's fake timers goes on, too", async () => {
  vi.useFakeTimers()
  vi.resetModules()
  try {
    const loaded = await import('@chat/testing')
    let now = 0
    await loaded.world({}, async (w) => {
      await w.client(w.hub(open), 'alice')
      await w.advance('1m')
      now = w.now
    })
    expect(now).toBeGreaterThan(60_000)
  } finally {
    vi.useRealTimers()
    vi.resetModules()
  }
})

test('code that takes time and chance from globals gives the same trace for the same seed, and is explored', async () => {
  /** Sends a message after a while, with a name from the platform. */
  const options = {
    fakeGlobals: true,
    workload: async (w: World, say: (text: string) => void) => {
      const timer = setInterval(
        () => say(`${Date.now()} ${crypto.randomUUID()}`),
        500 + Math.random() * 1_000,
      )
      await w.advance('30s')
      clearInterval(timer)
    },
  }
  const setup = async (w: World) => {
    const hub = w.hub(open)
    const alice = await w.client(hub, 'alice')
    const bob = await w.client(hub, 'bob')
    bob.join('#general')
    return (text: string): void => {
      alice
        .to('#general')
        .send('say', text)
        .catch(() => {})
    }
  }
  expect(await traceHash({ ...options, seed: 3 }, setup)).toBe(
    await traceHash({ ...options, seed: 3 }, setup),
  )
  const report = await explore({ ...options, runs: 5 }, setup)
  expect(report.runs).toBe(5)
})
