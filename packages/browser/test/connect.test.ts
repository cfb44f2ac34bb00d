import { UsageError } from '@chat/core'
import { expect, it } from 'vitest'
import { connect, dial } from '../src/index.ts'

it('refuses options that do not exist, and lists those of the client and of the dialer', () => {
  expect(() => connect('wss://hub/chat', { tokn: 'alice' } as never)).toThrow(
    "unable to connect: there is no option 'tokn'; the options are contract, streams, token, positions, connectTimeout, callTimeout, maxQueued, snapshot, inbox, outbox, observe, logErrors, runtime, transport, webSocketTimeout, retryWebSocket, memory",
  )
  expect(() => connect('wss://hub/chat', { dial: () => {} } as never)).toThrow(UsageError)
  expect(() => connect('wss://hub/chat', { environment: () => {} } as never)).toThrow(UsageError)
})

it('refuses options of the dialer that do not exist', () => {
  expect(() => dial('wss://hub/chat', { transports: 'http' } as never)).toThrow(
    "unable to dial: there is no option 'transports'; the options are transport, webSocketTimeout, retryWebSocket, memory, runtime",
  )
})

it('refuses a transport that does not exist', () => {
  expect(() => dial('wss://hub/chat', { transport: 'sockets' as never })).toThrow(
    'the option \'transport\' must be auto, websocket or http, but is "sockets"',
  )
})
