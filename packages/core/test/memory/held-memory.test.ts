import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { systemRuntime } from '@chat/core'
import { MemoryStore } from '@chat/core/memory'
import { expect, test } from 'vitest'

/** Collects garbage, and returns the bytes that the heap holds. */
const collect = (): number => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  gc()
  gc()
  return process.memoryUsage().heapUsed
}

test.each([
  ['tiny messages of one session', () => ['#a', 'session1', '1'] as const],
  ['messages of many sessions', (n: number) => ['#a', `session of a client ${n}`, '"hello there"'] as const],
  ['addresses with a message each', (n: number) => [`#a room with a name ${n}`, 's', '1'] as const],
  [
    'addresses with a message each, of a session each',
    (n: number) => [`#a room with a name ${n}`, `session of a client ${n}`, '1'] as const,
  ],
  [
    'chat of a thousand sessions in a hundred rooms',
    (n: number) =>
      [`#${n % 100}`, `session${n % 1000}`, JSON.stringify({ text: `${n} ${'x'.repeat(110)}` })] as const,
  ],
  ['Latin-1 text', (n: number) => ['#a', 'session1', JSON.stringify(`${n} ${'é'.repeat(300)}`)] as const],
  [
    'text beyond Latin-1',
    (n: number) => ['#a', 'session1', JSON.stringify(`${n} ${'語'.repeat(300)}`)] as const,
  ],
])('the memory of a store is counted as it is held: %s', (_, of) => {
  const store = new MemoryStore(
    { ...systemRuntime, timer: () => () => {} },
    { retention: { count: 1e9, bytes: 1e9 }, bytes: 1e9 },
  )
  const before = collect()
  for (let n = 1; n <= 20_000; n++) {
    const [stream, session, data] = of(n)
    const id = `${session}.${n}`
    store.append(
      stream,
      { event: 'say', data, meta: null, from: 'alice', id },
      { user: 'alice', session, ref: n, hash: n.toString(16).padStart(32, '0'), window: 64, by: 'node' },
    )
  }
  const held = collect() - before
  expect(held / store.usage.bytes).toBeLessThan(1.2)
  expect(held / store.usage.bytes).toBeGreaterThan(0.6)
})
