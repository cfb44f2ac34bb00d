// The server of server.ts, with the page of the demo and a clean end.
import { started } from './failures.ts'
import { app, hub, server } from './server.ts'
import { site } from './site.ts'

const startedAt = Date.now()

app.get('/server', async (_request, response) => {
  const { messages } = await hub.to('#lobby').history({ limit: 1 })
  const written = messages[0]?.position[1] ?? 0
  response.json({ startedAt, process: process.pid, written, restarts: process.send !== undefined })
})

// The button of the page. Only a page of this server, on this machine, may press it.
app.post('/restart', ({ socket, headers }, response) => {
  const mine = headers.origin === `http://${headers.host}` && socket.remoteAddress === socket.localAddress
  if (!mine || process.send === undefined) return void response.sendStatus(403)
  response.sendStatus(202)
  process.send({ restart: true, port: port() })
})

app.use(site())

server.once('listening', () => {
  started()
  const { HOST: host = '127.0.0.1' } = process.env
  console.log(`http://${host.includes(':') ? `[${host}]` : host}:${port()}`)
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end)
process.once('disconnect', end) // start.ts has ended

async function end(): Promise<void> {
  await hub.close({ deadline: 1_000 })
  server.close(() => process.exit(0))
  server.closeAllConnections()
}

function port(): number {
  const bound = server.address()
  return typeof bound === 'object' && bound !== null ? bound.port : 0
}
