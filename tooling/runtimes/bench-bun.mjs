// Compares the cost of a delivery through @chat/bun with a plain loop of `send` and Bun's own `publish`, by
// turns in one run, in microseconds of the server's processor time. `node tooling/runtimes/bench-bun.mjs
// [receivers of each] [rounds]`. Only the ratios can be compared between machines.
import { connect } from 'node:net'
import { join } from 'node:path'
import { start } from '../processes.mjs'
import { bundle, install, out } from './bundles.mjs'
import { findRuntime } from './runtimes.mjs'

const [, , receivers = '500', rounds = '9'] = process.argv
const bun = findRuntime('bun')
if (bun === null) {
  console.error('bench-bun: Bun is not available for this machine')
  process.exit(1)
}
await install('core', 'bun')
const program = await bundle('packages/bun/test-bun/fan-out.ts', join(out, 'fan-out.mjs'))
const server = start(bun.command, [program, receivers, rounds], { patience: 600_000 })
const port = Number(await server.line(0))
const sockets = []
for (let n = 0; n < Number(receivers); n++)
  for (const path of ['hub', 'send', 'publish']) sockets.push(await open(path, n))
const costs = JSON.parse(await server.line(1))
await server.stop()
for (const socket of sockets) socket.destroy()

for (const kind of new Set(costs.map((one) => one.kind))) {
  console.log(`${kind}, to ${receivers}, ${rounds} rounds`)
  const of = (method) =>
    costs.filter((one) => one.kind === kind && one.method === method).map(({ cost }) => cost)
  const native = of('publish')
  for (const method of new Set(costs.map((one) => one.method))) {
    const ratios = of(method).map((cost, round) => native[round] / cost)
    const spread = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`
    const cost = median(of(method)).toFixed(2)
    console.log(
      `  ${method.padEnd(8)} ${cost} µs a delivery, ${median(ratios).toFixed(2)} × publish (${spread})`,
    )
  }
}

/** Opens a client that only reads; for the hub it also sends `hello`. */
async function open(path, n) {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  const head = [`GET /${path} HTTP/1.1`, 'Host: bench', 'Connection: Upgrade', 'Upgrade: websocket']
  const key = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']
  socket.write(`${[...head, ...key].join('\r\n')}\r\n\r\n`)
  await once(socket, 'data')
  if (path === 'hub') {
    const hello = `["hello",{"v":[1,1],"token":"u${n}","streams":{"#room":null}}]`
    socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | hello.length, 0, 0, 0, 0]), Buffer.from(hello)]))
    // An empty pong at times keeps the hub from closing a silent client.
    setInterval(() => socket.write(Buffer.from([0x8a, 0x80, 0, 0, 0, 0])), 20_000).unref()
  }
  socket.resume()
  return socket
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1]
}
