// A server of Deno with its own types, and a socket for the hub that other code has upgraded.
import { Hub } from '@chat/core'
import { type WebSocketExtra, webSocketHandler } from '@chat/web-socket'

const hub = new Hub({
  authenticate: ({ token, extra }) => {
    const { socket, context } = extra as WebSocketExtra<string>
    return token === null || (socket.bufferedAmount ?? 0) > 0 ? null : { id: context }
  },
})
const chat = webSocketHandler(hub, {
  path: '/chat',
  fetch: (request) => new Response(request.url),
  context: ({ url }) => url,
})
const server: Deno.HttpServer<Deno.NetAddr> = Deno.serve(chat.fetch)
Deno.serve({ port: server.addr.port + 1, onListen() {} }, chat.fetch)
Deno.serve({ port: 0, handler: chat.fetch })
export default { fetch: (request: Request) => chat.fetch(request) } satisfies Deno.ServeDefaultExport

const behind = webSocketHandler<Deno.ServeHandlerInfo<Deno.NetAddr>>(hub, {
  remoteAddress: (_request, info) => info?.remoteAddr.hostname ?? '',
  fetch: (_request, { remoteAddr }) => new Response(remoteAddr.hostname),
  upgrade: (request, options) => Deno.upgradeWebSocket(request, options),
})
Deno.serve((request, info) => {
  if (new URL(request.url).pathname !== '/own') return behind.fetch(request, info)
  const { socket, response } = Deno.upgradeWebSocket(request)
  behind.accept(socket, request, info)
  return response
})

// @ts-expect-error: this option does not exist
webSocketHandler(hub, { compression: true })
