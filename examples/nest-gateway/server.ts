import 'reflect-metadata'
import type { IncomingMessage } from 'node:http'
import { fileURLToPath } from 'node:url'
import { Hub, isName } from '@chat/core'
import { nodeHttpHandler } from '@chat/http/node'
import { upgradeHandler } from '@chat/node-ws'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import type { NestExpressApplication } from '@nestjs/platform-express'
import { WsAdapter } from '@nestjs/platform-ws'
import { WebSocketGateway } from '@nestjs/websockets'
import type { WebSocket } from 'ws'

const hub = new Hub({
  authenticate: ({ token }) => (token !== null && isName(token) ? { id: token } : null),
  authorize: ({ action, address }) => address.startsWith('#') || action === 'send',
  presence: {},
})
const chat = upgradeHandler(hub)

// Nest's WsAdapter ends every upgrade without a gateway, so the hub gets its sockets from a gateway, with these limits.
@WebSocketGateway({ path: '/chat', maxPayload: hub.limits.transmission, maxFragments: 64 })
class Chat {
  handleConnection = (socket: WebSocket, request: IncomingMessage) => chat.accept(socket, request)
}
@WebSocketGateway({ path: '/echo' })
class Echo {
  handleConnection = (socket: WebSocket) => socket.on('message', (data) => socket.send(`${data}`))
}

@Module({ providers: [Chat, Echo] })
class App {}
const app = await NestFactory.create<NestExpressApplication>(App, { forceCloseConnections: true })
app.useWebSocketAdapter(new WsAdapter(app))
app.use(nodeHttpHandler(hub, { path: '/chat' })) // for networks that block WebSocket
app.useStaticAssets(fileURLToPath(new URL('../page/dist', import.meta.url)))
await app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1')
console.log(await app.getUrl())

process.once('SIGTERM', () => hub.close({ deadline: 1_000 }).then(() => app.close())) // close the hub before Nest
