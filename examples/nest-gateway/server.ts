import 'reflect-metadata'
import type { IncomingMessage } from 'node:http'
import { fileURLToPath } from 'node:url'
import { Hub } from '@chat/core'
import { upgrader } from '@chat/node-ws'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import type { NestExpressApplication } from '@nestjs/platform-express'
import { WsAdapter } from '@nestjs/platform-ws'
import { WebSocketGateway } from '@nestjs/websockets'
import type { WebSocket } from 'ws'

// Nest's WsAdapter ends every upgrade that is for none of its gateways: the hub gets its sockets from one, with the limits set here.
@WebSocketGateway({ path: '/chat', maxPayload: 256 * 1024, maxFragments: 64 })
class Chat {
  readonly hub = new Hub({
    authenticate: ({ token }) => (token !== null && /^[\w-]{1,32}$/.test(token) ? { id: token } : null),
    authorize: ({ action, address }) => address.startsWith('#') || action === 'send',
    presence: {},
  })
  readonly #upgrader = upgrader(this.hub)
  handleConnection = (socket: WebSocket, request: IncomingMessage) => this.#upgrader.accept(socket, request)
}
@WebSocketGateway({ path: '/echo' })
class Echo {
  handleConnection = (socket: WebSocket) => socket.on('message', (data) => socket.send(`${data}`))
}

@Module({ providers: [Chat, Echo] })
class App {}
const app = await NestFactory.create<NestExpressApplication>(App, { forceCloseConnections: true })
app.useWebSocketAdapter(new WsAdapter(app))
app.useStaticAssets(fileURLToPath(new URL('../page/dist', import.meta.url)))
await app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1')
console.log(await app.getUrl())

process.once('SIGTERM', async () => {
  await app.get(Chat).hub.close({ deadline: 1_000 }) // before Nest ends what is open
  await app.close()
})
