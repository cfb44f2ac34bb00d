// Prints the bytes that a message with a payload of 128 bytes takes on the wire, and the parts that they are made of:
//   node bench/bytes.mjs
// A hub in this process delivers the message over a real WebSocket, with its id, position, sender and time.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { WebSocket } from 'ws'
import { loadHub } from './load-hub.mjs'

/** Bytes of the payload, as JSON. */
const payload = 128
const address = '#room-42'
const event = 'message'
/** Number of messages before the measured one: an offset has as many digits as after a while of traffic. */
const before = 12_345

const { Hub, attach } = await loadHub()
const hub = new Hub({
  authenticate: ({ token }) => ({ id: token }),
  authorize: () => true,
  limits: { rate: 1e9, burst: 1e9 },
})
const server = createServer()
attach(hub, server, { path: '/chat' })
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const target = hub.to(address)
for (let n = 0; n < before; n++) await target.send(event, n)

const reader = await enter('reader')
const sender = await enter('alice')
const arrived = next(reader, 'msg')
const start = reader._socket.bytesRead
sender.send(JSON.stringify(['send', 1, address, event, 'x'.repeat(payload - 2)]))
const text = await arrived
const onTheWire = reader._socket.bytesRead - start
print(text, onTheWire)
reader.close()
sender.close()
await hub.close({ deadline: 0 })
server.close()

function print(text, onTheWire) {
  const [, room, at, name, data, from, id, time] = JSON.parse(text)
  const size = (value) => Buffer.byteLength(JSON.stringify(value))
  const parts = {
    [`address ${room}`]: size(room),
    [`position ${at}`]: size(at),
    [`event ${name}`]: size(name),
    [`sender ${from}`]: size(from),
    [`id ${id}`]: size(id),
    [`time ${time}`]: size(time),
  }
  const named = Object.values(parts).reduce((sum, bytes) => sum + bytes, 0)
  parts['brackets, commas and the type'] = Buffer.byteLength(text) - size(data) - named
  parts['head of the WebSocket frame'] = onTheWire - Buffer.byteLength(text)
  console.log(text)
  for (const [part, bytes] of Object.entries(parts)) console.log(`${String(bytes).padStart(5)}  ${part}`)
  const over = onTheWire - payload
  console.log(`${String(over).padStart(5)}  bytes over the payload of ${payload}; ${onTheWire} on the wire`)
}

/** Connects a client that is in the room, and resolves when the hub sends it nothing more for now. */
async function enter(user) {
  const socket = new WebSocket(`ws://127.0.0.1:${server.address().port}/chat`, ['chat.v1.json'], {
    perMessageDeflate: false,
  })
  await once(socket, 'open')
  const welcome = next(socket, 'welcome')
  socket.send(JSON.stringify(['hello', { v: [1, 1], token: user, streams: { [address]: null } }]))
  await welcome
  return socket
}

/** Resolves with the next frame of a type. */
function next(socket, type) {
  return new Promise((resolve) => {
    const look = (data) => {
      const line = String(data)
        .split('\n')
        .find((frame) => frame.startsWith(`["${type}"`))
      if (line === undefined) return
      socket.off('message', look)
      resolve(line)
    }
    socket.on('message', look)
  })
}
