// A hub in a process of its own, with WebSockets and the HTTP transport at the same path, over a backplane that
// its argument describes. On SIGTERM it drains, as a deployed hub does. On command it sends messages itself.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { Hub, UncertainError } from '@chat/core'
import { nodeHttpHandler } from '@chat/http/node'
import { attach } from '@chat/node-ws'
import { openBackplane } from './backplane-spec.ts'
import type { Census, FromHub, HubProgramOptions, ToHub } from './hub-messages.ts'
import { event, room, type Said } from './journal.ts'

const options: HubProgramOptions = JSON.parse(process.argv[2] ?? '')
const tell = (message: FromHub): void => void process.send?.(message)

// Also while the backplane does not open.
process.once('disconnect', () => process.exit())

const backplane = await openBackplane(options.backplane)
const hub = new Hub({
  ...(backplane === undefined ? {} : { backplane }),
  authenticate: ({ token }) => (token === null ? null : { id: token }),
  authorize: () => true,
  presence: {},
  limits: { rate: 1_000, burst: 2_000, resumeRate: 20, resumeBurst: 100 },
})
hub.on('$error', ({ error }) => tell({ type: 'error', text: String(error) }))
const http = nodeHttpHandler(hub, { path: '/chat' })
const server = createServer((request, response) => {
  if (!http(request, response)) response.writeHead(404).end()
})
attach(hub, server, { path: '/chat' })
server.listen(options.port ?? 0, '127.0.0.1', () =>
  tell({ type: 'listening', port: (server.address() as AddressInfo).port, node: hub.node }),
)

let ticks: NodeJS.Timeout | undefined
let n = 0

process.on('message', (message: ToHub) => {
  if (message.type === 'census')
    return void census().then((counted) => tell({ type: 'census', census: counted }))
  clearInterval(ticks)
  if (message.type === 'tick') ticks = setInterval(() => send(''), message.every)
  if (message.type === 'flood') for (let i = 0; i < message.count; i++) send('x'.repeat(message.bytes))
})
process.once('SIGTERM', () => {
  clearInterval(ticks)
  void end()
})

async function census(): Promise<Census> {
  globalThis.gc?.()
  // Buffers are given back after the collection that has found them.
  await turn()
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  const timers = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  return { heap: heapUsed + external, sessions: hub.sessions.length, timers }
}

function send(padding: string): void {
  const said: Said = { sender: hub.node, n: n++, padding }
  tell({ type: 'sent', n: said.n })
  hub
    .to(room)
    .send(event, said)
    .then(
      ({ position }) => tell({ type: 'settled', n: said.n, position, code: null }),
      (error) => tell({ type: 'settled', n: said.n, position: null, code: codeOf(error) }),
    )
}

const codeOf = (error: unknown): string =>
  error instanceof UncertainError ? 'uncertain' : ((error as { code?: string }).code ?? String(error))

async function end(): Promise<void> {
  await hub.close({ deadline: options.deadline ?? 3_000 })
  server.close()
  await backplane?.close()
  process.disconnect()
}
