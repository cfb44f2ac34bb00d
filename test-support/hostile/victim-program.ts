// A hub under attack, in a process of its own, with WebSockets and the HTTP transport at the same path, and HTTP/2
// at a second port. It answers commands with figures of its process.
import { createServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo, Server, Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { type Hub, systemRuntime } from '@chat/core'
import { MemoryBackplane, MemoryStore } from '@chat/core/memory'
import { nodeHttpHandler } from '@chat/http/node'
import { attach } from '@chat/node-ws'
import { Gauge } from './gauge.ts'
import type { Filling, FromVictim, ToVictim, VictimOptions } from './messages.ts'
import { victimHub, victimTransport } from './victim-hub.ts'

const options: VictimOptions = JSON.parse(process.argv[2] ?? '{}')
const tell = (message: FromVictim): void => void process.send?.(message)
process.once('disconnect', () => process.exit())

const gauge = new Gauge()
const { log, ...hubOptions } = options
const store = new MemoryStore(systemRuntime, log)
const hub = victimHub({ ...hubOptions, backplane: new MemoryBackplane(store) }, gauge)
const transport = { ...victimTransport(options, gauge), path: '/chat' }
const http = nodeHttpHandler(hub, transport)
const server = createServer((request, response) => {
  if (!http(request, response)) response.writeHead(404).end()
})
attach(hub, server, transport)
const http2 = createHttp2Server((request, response) => {
  if (!http(request, response)) response.writeHead(404).end()
})
for (const each of [server, http2]) each.on('connection', (socket: Socket) => gauge.watch(socket))

const port = await listen(server)
tell({ type: 'listening', port, http2: await listen(http2) })

process.on('message', (message: ToVictim) => {
  if (message.type === 'close') return void close(hub, message.deadline)
  if (message.type === 'fill') return void fill(message)
  if (message.type === 'cut') {
    gauge.cut(message.from)
    return tell({ type: 'cut' })
  }
  void answer(message)
})

function listen(each: Server): Promise<number> {
  return new Promise((resolve) =>
    each.listen(0, '127.0.0.1', 4_096, () => resolve((each.address() as AddressInfo).port)),
  )
}

async function answer({ type }: ToVictim): Promise<void> {
  const figures = await gauge.read(hub, store)
  if (type === 'mark') gauge.mark()
  tell({ type: 'figures', figures })
}

async function fill({ address, count, bytes, data = 'text' }: Filling): Promise<void> {
  const value = data === 'text' ? 'x'.repeat(bytes) : Array.from({ length: bytes / 3 }, () => ({}))
  const target = hub.to(address)
  for (let n = 0; n < count; n++) {
    await target.send('say', value)
    // The hub's own messages must not hold its loop: the attack would be blamed for it.
    await turn()
  }
  tell({ type: 'filled' })
}

async function close(closing: Hub, deadline: number): Promise<void> {
  const start = systemRuntime.now()
  await closing.close({ deadline })
  tell({ type: 'closed', after: systemRuntime.now() - start })
}
