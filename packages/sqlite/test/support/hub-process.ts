// A hub over a SQLite file, on a given port, which a test kills. Prints its port.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Hub } from '@chat/core'
import { attach } from '@chat/node-ws'
import { sqliteBackplane } from '@chat/sqlite'
import { faster } from '../../../../test-support/fast.ts'
import { openLibsql } from './libsql.ts'

const [, , path = '', port = '0'] = process.argv
const hub = new Hub({
  authenticate: ({ token }) => (token === null ? null : { id: token }),
  authorize: () => true,
  runtime: faster(4),
  // A busy machine must not look like a dead connection.
  timeouts: { heartbeat: 29_000, heartbeatGrace: 29_000 },
  backplane: sqliteBackplane(openLibsql(path)),
})
const server = createServer()
attach(hub, server, { path: '/chat' })
server.listen(Number(port), '127.0.0.1', () =>
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`),
)
process.once('SIGTERM', async () => {
  await hub.close({ deadline: 1_000 })
  process.exit(0)
})
