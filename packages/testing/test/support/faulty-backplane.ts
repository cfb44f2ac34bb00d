import type { Backplane } from '@chat/core/backplane'
import { MemoryBackplane, MemoryStore } from '@chat/core/memory'
import { type BackplaneHarness, backplaneCases } from '../../src/conformance/index.ts'
import { VirtualTime } from '../../src/time/virtual-time.ts'

/** Faulty methods that replace those of a real backplane. */
export type Fault = (real: MemoryBackplane, store: MemoryStore) => Partial<Backplane>

/** The network between a faulty node and its store. */
interface NodeNetwork {
  readonly real: MemoryBackplane
  /** Number of the next answers that are lost. */
  lost: number
}

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
    async start({ keep, age }) {
      const retention = { age: age ?? 24 * 3_600_000, ...(keep === null ? {} : { count: keep }) }
      const store = new MemoryStore(time.runtime('store'), { retention })
      const networks = new Map<Backplane, NodeNetwork>()
      const node = (of: MemoryStore): Backplane => {
        const loseAnswer = (): boolean => network.lost > 0 && network.lost-- > 0
        const options = latency === null ? {} : { latency: () => latency, faults: { loseAnswer } }
        const network: NodeNetwork = { real: new MemoryBackplane(of, options), lost: 0 }
        const given = faulty(network.real, of, fault)
        networks.set(given, network)
        return given
      }
      return {
        node: async () => node(store),
        stranger: async () => node(new MemoryStore(time.runtime('stranger'))),
        wallTime: () => store.runtime.wallTime(),
        advance: (duration) => time.advance(duration),
        forget: async (stream) => store.forget(stream),
        wipe: async () => store.wipe(),
        async rollback(stream, count) {
          store.rollback(stream, count)
        },
        async outage(of, down) {
          networks.get(of)?.real.outage(down)
        },
        async loseAnswer(of) {
          const network = networks.get(of)
          if (network !== undefined) network.lost = 1
        },
        async leftovers() {
          const { bytes: _, ...counts } = store.usage
          return Object.values(counts).reduce((sum, count) => sum + count, 0)
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

/** Returns the names of all cases. */
export const caseNames = (): string[] => backplaneCases(harnessOf(() => ({}), null)).map(({ name }) => name)
