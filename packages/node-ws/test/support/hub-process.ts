// A hub in a separate process, which a test kills. Prints its port, and runs at the speed of the tests.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Hub } from '@chat/core'
import { attach } from '@chat/node-ws'
import { fast } from '../../../../test-support/fast.ts'

const hub = new Hub({
  runtime: fast,
  authenticate: ({ token }) => (token === null ? null : { id: token }),
  authorize: () => true,
})
const server = createServer()
attach(hub, server, { path: '/chat' })
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
