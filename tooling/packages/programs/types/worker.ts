// A Durable Object with Cloudflare's own types, and a socket for the hub that other code has accepted.
import { Hub } from '@chat/core'
import { type WebSocketExtra, webSocketHandler } from '@chat/web-socket'

interface Bindings {
  readonly BOARDS: DurableObjectNamespace
}

export class Board implements DurableObject {
  readonly #chat = webSocketHandler(
    new Hub({
      authenticate: ({ token, extra }) => {
        const { socket } = extra as WebSocketExtra
        return token === null || (socket.bufferedAmount ?? 0) > 0 ? null : { id: token }
      },
      authorize: () => true,
    }),
    {
      path: '/chat/:board',
      fetch: (request) => new Response(request.url),
      remoteAddress: (request) => request.headers.get('cf-connecting-ip') ?? '',
      context: (request) => request.headers.get('cf-ray'),
      onRefused: ({ status }, { url }) => console.log(status, url),
    },
  )

  fetch(request: Request): Response | Promise<Response> {
    return this.#chat.fetch(request)
  }

  upgraded(request: Request): Response {
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket]
    server.accept()
    return this.#chat.accept(server, request)
      ? new Response(null, { status: 101, webSocket: client })
      : new Response(null, { status: 403 })
  }
}

export default {
  fetch(request, { BOARDS }): Promise<Response> {
    return BOARDS.get(BOARDS.idFromName(new URL(request.url).pathname)).fetch(request)
  },
} satisfies ExportedHandler<Bindings>

// @ts-expect-error: this option does not exist
webSocketHandler(new Hub(), { compression: true })
