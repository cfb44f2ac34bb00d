import { dial } from '@chat/http/client'
import { defineProtocolSuite, dialledSocket } from '@chat/testing/conformance'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { type Example, startExample } from '../example.ts'

let example: Example
beforeAll(async () => {
  example = await startExample()
})
afterAll(() => example.stop())

defineProtocolSuite(
  { describe, it: it.concurrent },
  {
    name: 'the Express example, over HTTP',
    dial: (protocols) => dialledSocket(dial(`${example.url}/chat`), protocols),
    refusedTokens: [undefined, '', 'a\nname', 'x'.repeat(256)],
    lacks: {
      forbiddenRoom: 'every room of the example is open',
      pendingCall: 'no call of the example waits',
      ask: 'the example asks its users nothing',
      stream: 'the example writes no stream',
      clientStream: 'the example lets no client write streams',
      binary: 'HTTP carries text alone',
      goingAway: 'over HTTP a client cannot close with 1001',
      startAnother: 'shown over WebSocket',
    },
    skip: {
      'frames that arrive on a replaced connection do not run (P-HS-5, P-ST-8)':
        'over HTTP the request that carries them is answered with 404, and ends the connection as 1006',
    },
  },
)
