import assert from 'node:assert/strict'
import type { Client } from '@chat/core'
import { explore, type World, world } from '@chat/testing'
// npm run test:runtimes runs this very file in node:test and bun:test, too.
import { test } from 'vitest'

const open = {
  authenticate: ({ token }: { token: string | null }) => ({ id: token ?? '' }),
  authorize: () => true,
}

/** Two clients; the second has joined a room. */
async function pair(w: World): Promise<{ alice: Client; bob: Client }> {
  const hub = w.hub({ ...open, limits: { replay: 3 } })
  const [alice, bob] = [await w.client(hub, 'alice'), await w.client(hub, 'bob')]
  await bob.join('#lobby').ready
  return { alice, bob }
}

test('a scenario runs in virtual time', async () => {
  const start = Date.now()
  await world({ seed: 7 }, async (w) => {
    const { alice, bob } = await pair(w)
    w.link(bob).cut('45s')
    await alice.to('#lobby').send('say', 'hi')
    await w.advance('2h')
    assert.deepEqual(
      w.seen(bob, '#lobby').map(({ data }) => data),
      ['hi'],
    )
    assert.ok(w.now >= 7_200_000)
  })
  assert.ok(Date.now() - start < 60_000)
})

test('code under test that touches the real clock fails the run, and is told where', async () => {
  const stamp = (): { at: number } => ({ at: Date.now() })
  const run = world({}, async (w) => {
    const { alice } = await pair(w)
    await alice.to('#lobby').send('say', stamp())
  })
  await assert.rejects(run, ({ code, message, stack }: Error & { code: string }) => {
    assert.equal(code, 'guard')
    assert.match(message, /Date\.now\(\) was called at stamp \(.*runners\.test\..*\); take time from w\.now/)
    assert.match(stack?.split('\n')[1] ?? '', /stamp .*runners\.test\./)
    return true
  })
})

test('each clock, timer and random source of the platform is guarded', async () => {
  const touching: Record<string, () => unknown> = {
    Date: () => Date(),
    'Date.now': () => Date.now(),
    'new Date': () => new Date(),
    'performance.now': () => performance.now(),
    setTimeout: () => setTimeout(() => {}, 0),
    setInterval: () => setInterval(() => {}, 1_000),
    setImmediate: () => setImmediate(() => {}),
    'AbortSignal.timeout': () => AbortSignal.timeout(1_000),
    'Math.random': () => Math.random(),
    'crypto.getRandomValues': () => crypto.getRandomValues(new Uint8Array(4)),
    'crypto.randomUUID': () => crypto.randomUUID(),
  }
  for (const [global, touch] of Object.entries(touching))
    await assert.rejects(
      world({}, () => void touch()),
      { code: 'guard', global },
    )
})

test('the runner and code beside the run keep their own clocks', async () => {
  const { setTimeout: real } = globalThis
  const beside = new Promise<number>((resolve) => setTimeout(() => resolve(Math.random()), 1))
  await world({}, async (w) => {
    for (let i = 0; i < 100; i++) await w.advance('1m')
  })
  assert.ok((await beside) < 1)
  assert.equal(globalThis.setTimeout, real)
})

test('with fakeGlobals, code that uses globals is simulated as it is', () =>
  world({ fakeGlobals: true }, async (w) => {
    const { alice, bob } = await pair(w)
    const start = Date.now()
    const timer = setInterval(() => void alice.to('#lobby').send('tick', Date.now() - start), 60_000)
    await new Promise((resolve) => setTimeout(resolve, 200_000))
    clearInterval(timer)
    await w.advance('1h')
    assert.deepEqual(
      w.seen(bob, '#lobby').map(({ data }) => data),
      [60_000, 120_000, 180_000],
    )
  }))

test('worlds run side by side', async () => {
  const one = (seed: number): Promise<void> =>
    world({ seed, fakeGlobals: seed % 2 === 0 }, async (w) => {
      const { alice } = await pair(w)
      for (let i = 0; i < 10; i++) await alice.to('#lobby').send('say', w.random())
    })
  await Promise.all([1, 2, 3, 4].map(one))
})

test('a search finds a violation, and says how to repeat the run', async () => {
  const search = explore(
    {
      runs: 20,
      faults: ['cut', 'reset'],
      workload: async (w: World, { alice }) => {
        for (let i = 0; i < 20; i++) {
          alice
            .to('#lobby')
            .send('say', i)
            .catch(() => {})
          await w.advance('2s')
        }
      },
      check: (w, { bob }) =>
        w.invariant(
          'no message is missed',
          () => w.gaps(bob, '#lobby').length === 0 || 'a message was missed',
        ),
    },
    pair,
  )
  await assert.rejects(search, ({ message }: Error) => {
    assert.match(
      message,
      /^no message is missed does not hold: a message was missed\nseed \d+, trace [0-9a-f]{16}\n/,
    )
    assert.match(
      message,
      /it needs (?:one|the only fault that was there):\n {2}\{"at":\d+,"kind":"(cut|reset)",.*\nwhat led to it:\n/,
    )
    assert.match(message, /\nto see it again:\n {2}explore\(.* seed: \d+, replay: \[\{.*\}\] \}, …\)$/)
    return true
  })
})
