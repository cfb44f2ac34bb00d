import { defineProtocolSuite } from '@chat/testing/conformance'
import { afterAll, beforeAll, describe, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { hubOf } from './clients.ts'
import { type Example, startExample } from './example.ts'

vi.setConfig({ testTimeout: 40_000, hookTimeout: 60_000 })

let example: Example
beforeAll(async () => {
  example = await startExample()
})
afterAll(() => example.stop())

defineProtocolSuite(
  { describe, it: it.concurrent },
  {
    name: 'the Express example',
    dial: (protocols) => new WebSocket(hubOf(example), [...protocols]),
    refusedTokens: [undefined, '', 'a\nname', 'x'.repeat(256)],
    welcome: {
      heartbeat: 25_000,
      grace: 10_000,
      limits: {
        ...{ frame: 65_536, transmission: 262_144, depth: 64, rooms: 128, inflight: 64 },
        ...{ rate: 50, burst: 100, queue: 1_048_576, replay: 10_000 },
      },
    },
    lacks: {
      forbiddenRoom: 'every room of the example is open',
      pendingCall: 'no call of the example waits',
      ask: 'the example asks its users nothing',
      stream: 'the example writes no stream',
      clientStream: 'the example lets no client write streams',
    },
    async startAnother() {
      const another = await startExample()
      return {
        dial: (protocols) => new WebSocket(hubOf(another), [...protocols]),
        async end() {
          await another.stop()
        },
      }
    },
  },
)
