// Servers of Bun with its own types: a hub beside routes of frameworks and beside other hubs.
import { type BunExtra, bunHandler } from '@chat/bun'
import { Hub } from '@chat/core'
import { Elysia } from 'elysia'
import { Hono } from 'hono'
import { upgradeWebSocket, websocket } from 'hono/bun'

const hub = new Hub({
  authenticate: ({ token, extra }) => {
    const { context, socket } = extra as BunExtra<string>
    return token === null || socket.getBufferedAmount() > 0 ? null : { id: context }
  },
})

// A hub alone, without and with a page.
const alone = bunHandler(hub)
Bun.serve({ fetch: alone.fetch, websocket: alone.websocket })
Bun.serve({ ...alone, port: 0 })
const paged = bunHandler(hub, { path: '/chat', fetch: () => new Response('hello') })
const server: Bun.Server<unknown> = Bun.serve({ ...paged, maxRequestBodySize: 1024 })
await server.stop()

// A hub in a route.
Bun.serve({ routes: { '/chat': paged.fetch, '/': () => new Response('hello') }, websocket: paged.websocket })

// A hub beside Hono.
const app = new Hono()
app.get('/', (context) => context.text('hello'))
app.get(
  '/echo',
  upgradeWebSocket(() => ({ onMessage: ({ data }, socket) => socket.send(String(data)) })),
)
const withHono = bunHandler(hub, { path: '/chat', fetch: app.fetch, websocket })
Bun.serve({ port: 3000, fetch: withHono.fetch, websocket: withHono.websocket })

// A hub beside Elysia.
const elysia = new Elysia().get('/', () => 'hello')
const withElysia = bunHandler(hub, { path: '/chat', fetch: elysia.fetch })
Bun.serve({ port: 3001, ...withElysia })

// Two hubs.
const both = bunHandler(new Hub(), { path: '/b', ...paged })
Bun.serve(both)

// A hub beside the application's own sockets, which have their own data.
interface Data {
  readonly name: string
}
const mixed = bunHandler(hub, {
  path: '/chat',
  fetch: (request: Request, host: Bun.Server<Data>) =>
    host.upgrade(request, { data: { name: 'alice' } }) ? undefined : new Response('hello'),
  websocket: {
    maxPayloadLength: 1024 * 1024,
    idleTimeout: 30,
    perMessageDeflate: { compress: 'shared' },
    sendPings: true,
    data: { name: 'alice' },
    open: (socket: Bun.ServerWebSocket<Data>) => void socket.send(socket.data.name),
    message: (socket: Bun.ServerWebSocket<Data>, message) => void socket.send(message),
  },
})
Bun.serve({ port: 3002, fetch: mixed.fetch, websocket: mixed.websocket })
const typed: Bun.WebSocketHandler<Data> = { message: (socket, message) => void socket.send(message) }
bunHandler(hub, { websocket: typed })

// @ts-expect-error: an upgrade needs the server that Bun passes to `fetch`
void alone.fetch(new Request('http://here/chat'))
// @ts-expect-error: maxPayloadLength is a number
bunHandler(hub, { websocket: { maxPayloadLength: '1 MB' } })
