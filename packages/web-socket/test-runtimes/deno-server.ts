// Server for tests in other processes, in Deno. Prints its port.
import { type WebSocketExtra, webSocketHandler } from '@chat/web-socket'
import { RemoteServer } from '../../../test-support/remote-server.ts'
import { serve } from './deno.ts'

const remote = new RemoteServer({
  serve: (hub, options) => webSocketHandler(hub, options),
  buffered: (extra) => (extra as WebSocketExtra).socket.bufferedAmount ?? 0,
})
const { addr } = serve({ port: 0, hostname: '127.0.0.1', onListen() {} }, (request, info) => {
  const transport = remote.route(request)
  return transport === null ? remote.answer(request) : transport.fetch(request, info)
})
console.log(addr.port)
