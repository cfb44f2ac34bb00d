import { expect, test } from 'vitest'
import { connect } from '../src/index.ts'

test('connect refuses options that do not exist, and lists those of the client and of the dialer', () => {
  expect(() => connect('ws://127.0.0.1:1/chat', { tokn: 'alice' } as never)).toThrow(
    "unable to connect: there is no option 'tokn'; the options are contract, token, positions, connectTimeout, callTimeout, maxQueued, snapshot, observe, runtime, headers, origin, handshakeTimeout, maxPayload, agent",
  )
})
