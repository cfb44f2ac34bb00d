import type { Backplane } from '@chat/core/backplane'
import { MemoryBackplane, MemoryStore, type MemoryStoreOptions } from '@chat/core/memory'
import { describe, it } from 'vitest'
import {
  type BackplaneBench,
  type BackplaneHarness,
  type BackplaneStartOptions,
  defineBackplaneSuite,
} from '../../src/conformance/index.ts'
import { Random } from '../../src/time/random.ts'
import { VirtualTime } from '../../src/time/virtual-time.ts'

/** The longest that one way takes, in milliseconds. */
const longest = 20

function harness(
  name: string,
  latency: (() => number) | undefined,
  lacks: BackplaneHarness['lacks'],
): BackplaneHarness {
  const time = new VirtualTime(11)
  const store = (options: MemoryStoreOptions): MemoryStore => new MemoryStore(time.runtime('store'), options)
  const node = (of: MemoryStore): MemoryBackplane =>
    new MemoryBackplane(of, latency === undefined ? {} : { latency })

  async function start({ keep }: BackplaneStartOptions): Promise<BackplaneBench> {
    const retention = { age: 24 * 3_600_000, ...(keep === null ? {} : { count: keep }) }
    const shared = store({ retention, bytes: 1024 * 1024 })
    return {
      node: async () => node(shared),
      stranger: async () => node(store({})),
      advance: (duration) => time.advance(duration),
      forget: (stream) => crowdOut(shared, stream),
      wipe: async () => shared.wipe(),
      async outage(of: Backplane, down) {
        if (of instanceof MemoryBackplane) of.outage(down)
      },
      stop: async () => shared.close(),
    }
  }
  const { capabilities } = node(store({}))
  return { name, capabilities, lacks: lacks ?? {}, start, settle: () => time.advance(longest * 2) }
}

/** Writes elsewhere until this stream, written longest ago, is forgotten. */
async function crowdOut(store: MemoryStore, stream: string): Promise<void> {
  const data = 'x'.repeat(100_000)
  for (let n = 1; store.read(stream, { after: 0, limit: 1 }).exists; n++) {
    const key = { user: '', session: 'crowd', ref: n, hash: String(n), window: 16, by: 'node' }
    store.append(
      `#crowd-${n}`,
      { event: 'say', data, json: JSON.stringify(data), from: null, id: `crowd.${n}` },
      key,
    )
  }
}

defineBackplaneSuite(
  { describe, it },
  harness('memory, answering at once', undefined, {
    outage: 'what is in the same call is never out of reach',
  }),
)

const latencies = new Random(11, 'latency')
defineBackplaneSuite(
  { describe, it },
  harness('memory, across a network', () => latencies.between(0, longest), {}),
)
