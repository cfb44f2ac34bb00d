// The least that a server in Node can do: an own codec of frames on `node:net`, which encodes a message once, and joins
// the messages of a turn to the same room in a write. It checks nothing, and has no limits.
import { createHash } from 'node:crypto'
import { createServer } from 'node:net'
import { FrameReader, textFrame } from '../run/frames.mjs'
import { Directory } from './directory.mjs'
import { listen } from './listen.mjs'

export { wire } from '../clients/ws.mjs'
export const title = 'a hand-made floor on `node:net`'
export const nodes = 1
export const broker = null

export async function serve() {
  const directory = new Directory({ send: new Writer().send })
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {})
    socket.on('close', () => directory.leave(socket))
    socket.once('data', (request) => {
      const reader = new FrameReader((first, payload) => {
        if (first === 0x81) directory.receive(socket, payload.latin1Slice())
        else socket.end()
      })
      socket.on('data', (chunk) => reader.read(chunk))
      directory.enterByQuery(socket, upgrade(socket, request.latin1Slice()))
    })
  })
  return { port: await listen(server) }
}

/** Answers the request, which comes in one piece on the loopback, and returns its URL. */
function upgrade(socket, request) {
  const key = /Sec-WebSocket-Key: (\S+)/.exec(request)[1]
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  return request.slice(4, request.indexOf(' ', 4))
}

/** Joins consecutive texts to the same sockets. */
class Writer {
  #sockets = null
  #frames = []

  send = (sockets, text) => {
    if (sockets !== this.#sockets) this.#flush()
    if (this.#sockets === null) process.nextTick(this.#flush)
    this.#sockets = sockets
    this.#frames.push(textFrame(text, { mask: false }))
  }

  #flush = () => {
    if (this.#sockets === null) return
    const data = this.#frames.length === 1 ? this.#frames[0] : Buffer.concat(this.#frames)
    for (const socket of this.#sockets) socket.write(data)
    this.#sockets = null
    this.#frames = []
  }
}
