import type { Backplane } from '@chat/core/backplane'
import { MemoryBackplane, MemoryStore } from '@chat/core/memory'
import { type BackplaneHarness, backplaneCases } from '../../src/conformance/index.ts'
import { VirtualTime } from '../../src/time/virtual-time.ts'

/** Faulty methods that replace those of a real backplane. */
export type Fault = (real: MemoryBackplane, store: MemoryStore) => Partial<Backplane>

function faulty(real: MemoryBackplane, store: MemoryStore, fault: Fault): Backplane {
  const own = fault(real, store)
  return new Proxy<Backplane>(real, {
    get(_target, name) {
      const of = name in own ? own : real
      const value: unknown = Reflect.get(of, name, of)
      return typeof value === 'function' ? value.bind(of) : value
    },
  })
}

function harnessOf(fault: Fault, latency: number | null): BackplaneHarness {
  const time = new VirtualTime(5)
  const shared = new MemoryStore(time.runtime('strangers'))
  return {
    name: 'faulty',
    capabilities: new MemoryBackplane(shared).capabilities,
    settle: () => time.advance(10),
    async start({ keep }) {
      const retention = { age: 24 * 3_600_000, ...(keep === null ? {} : { count: keep }) }
      const store = new MemoryStore(time.runtime('store'), { retention })
      const reals = new Map<Backplane, MemoryBackplane>()
      const node = (of: MemoryStore): Backplane => {
        const real = new MemoryBackplane(of, latency === null ? {} : { latency: () => latency })
        const given = faulty(real, of, fault)
        reals.set(given, real)
        return given
      }
      return {
        node: async () => node(store),
        stranger: async () => node(new MemoryStore(time.runtime('stranger'))),
        advance: (duration) => time.advance(duration),
        forget: async () => store.wipe(),
        wipe: async () => store.wipe(),
        async outage(node, down) {
          reals.get(node)?.outage(down)
        },
        stop: async () => store.close(),
      }
    },
  }
}

/** Returns `true` when a case fails, with a store that answers at once or after a latency. */
export async function fails(fault: Fault, only: string, latency: number | null = null): Promise<boolean> {
  const chosen = backplaneCases(harnessOf(fault, latency)).filter(({ name }) => name.startsWith(only))
  const [one] = chosen
  if (one === undefined || chosen.length > 1)
    throw new Error(`unable to choose a case: ${chosen.length} begin with ${JSON.stringify(only)}`)
  return one.run().then(
    () => false,
    () => true,
  )
}

/** Returns the cases whose names begin with a text. */
export const casesOf = (prefix: string): string[] =>
  backplaneCases(harnessOf(() => ({}), null))
    .map(({ name }) => name)
    .filter((name) => name.startsWith(prefix))
