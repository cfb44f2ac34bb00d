import { describe, it } from 'vitest'
import { defineProtocolSuite, dialledSocket, type ProtocolSocket } from '../../src/conformance/index.ts'
import { memoryHub } from '../support/memory-hub.ts'

const { hub, dial } = memoryHub()

defineProtocolSuite(
  { describe, it: it.concurrent },
  {
    name: 'a hub in memory',
    dial: (protocols) => dialledSocket(dial, protocols),
    refusedTokens: [undefined, '', 'no name'],
    forbiddenRoom: '#staff',
    pendingCall: 'pending',
    clientStream: 'dictation',
    ask: (user, timeout) => {
      hub
        .to(`@${user}`)
        .ask('confirm', null, { timeout })
        .catch(() => {})
    },
    stream: async (address, start) => {
      const stream = await hub.to(address).stream('answer', { start })
      return stream
    },
    lacks: { binary: 'the memory transport carries text alone' },
    async startAnother() {
      const another = memoryHub()
      return {
        dial: (protocols): ProtocolSocket => dialledSocket(another.dial, protocols),
        end: () => another.hub.close({ deadline: 1_000 }),
      }
    },
  },
)
