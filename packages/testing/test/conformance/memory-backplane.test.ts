import type { Backplane } from '@chat/core/backplane'
import {
  MemoryBackplane,
  type MemoryBackplaneOptions,
  MemoryStore,
  type MemoryStoreOptions,
} from '@chat/core/memory'
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
  const latencyOptions = (answers: { lost: number }): MemoryBackplaneOptions =>
    latency === undefined
      ? {}
      : { latency, faults: { loseAnswer: () => answers.lost > 0 && answers.lost-- > 0 } }

  async function start({ keep, age }: BackplaneStartOptions): Promise<BackplaneBench> {
    const retention = { age: age ?? 24 * 3_600_000, ...(keep === null ? {} : { count: keep }) }
    const shared = store({ retention, bytes: 64 * 1024 * 1024 })
    const answers = new Map<Backplane, { lost: number }>()
    return {
      async node() {
        const lost = { lost: 0 }
        const made = new MemoryBackplane(shared, latencyOptions(lost))
        answers.set(made, lost)
        return made
      },
      stranger: async () => new MemoryBackplane(store({}), latencyOptions({ lost: 0 })),
      wallTime: () => shared.runtime.wallTime(),
      advance: (duration) => time.advance(duration),
      forget: async (stream) => shared.forget(stream),
      wipe: async () => shared.wipe(),
      async rollback(stream, count) {
        shared.rollback(stream, count)
      },
      async outage(of: Backplane, down) {
        if (of instanceof MemoryBackplane) of.outage(down)
      },
      async loseAnswer(of: Backplane) {
        answers.set(of, Object.assign(answers.get(of) ?? { lost: 0 }, { lost: 1 }))
      },
      async leftovers() {
        const { bytes: _, ...counts } = shared.usage
        return Object.values(counts).reduce((sum, count) => sum + count, 0)
      },
      stop: async () => shared.close(),
    }
  }
  const { capabilities } = new MemoryBackplane(store({}), latencyOptions({ lost: 0 }))
  return { name, capabilities, lacks: lacks ?? {}, start, settle: () => time.advance(longest * 2) }
}

defineBackplaneSuite(
  { describe, it },
  harness('memory, answering at once', undefined, {
    outage: 'what is in the same call is never out of reach',
    loseAnswer: 'the answer of the same call is never lost',
  }),
)

const latencies = new Random(11, 'latency')
defineBackplaneSuite(
  { describe, it },
  harness('memory, across a network', () => latencies.between(0, longest), {}),
)
