import { createServer } from 'node:http'
import crossws from 'crossws/adapters/node'
import { Directory } from './directory.mjs'
import { listen } from './listen.mjs'

export { wire } from '../clients/ws.mjs'
export const title = 'crossws'
export const nodes = 1
export const broker = null

export async function serve() {
  const directory = new Directory({
    send(peers, text) {
      for (const peer of peers) peer.send(text)
    },
    join: (peer, room) => peer.subscribe(room),
    publish: (peer, room, text) => peer.publish(room, text),
  })
  const sockets = crossws({
    hooks: {
      open: (peer) => directory.enterByQuery(peer, peer.request.url),
      message: (peer, message) => directory.receive(peer, message.text()),
      close: (peer) => directory.leave(peer),
    },
  })
  const server = createServer()
  server.on('upgrade', sockets.handleUpgrade)
  return { port: await listen(server) }
}
