// Server for tests in other processes. Prints its port.
import { type BunExtra, bunHandler } from '@chat/bun'
import { RecordingHub } from '@chat/testing/conformance'
import { RemoteServer } from '../../../test-support/remote-server.ts'
import { serve } from './support/bun.ts'

const remote = new RemoteServer({
  serve: (hub, options) => bunHandler(hub, options),
  buffered: (extra) => (extra as BunExtra).socket.getBufferedAmount(),
})
const nobody = new RecordingHub({ subprotocols: [], greeting: [], farewell: null })

const { port } = serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch(request, server) {
    const transport = remote.route(request)
    return transport === null ? remote.answer(request) : transport.fetch(request, server)
  },
  // The `websocket` handlers of one hub serve the sockets of all hubs.
  websocket: bunHandler(nobody).websocket,
})
console.log(port)
