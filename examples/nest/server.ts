import 'reflect-metadata'
import { fileURLToPath } from 'node:url'
import { Hub, isName } from '@chat/core'
import { nodeHttpHandler } from '@chat/http/node'
import { attach } from '@chat/node-ws'
import { Injectable, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import type { NestExpressApplication } from '@nestjs/platform-express'

@Injectable()
class Chat {
  readonly hub = new Hub({
    // A demo: the token is the user's name. Your app verifies the token, and returns null for a bad one.
    authenticate: ({ token }) => (token !== null && isName(token) ? { id: token } : null),
    authorize: ({ action, address }) => address.startsWith('#') || action === 'send',
    presence: {},
  })
}

@Module({ providers: [Chat] })
class App {}

const app = await NestFactory.create<NestExpressApplication>(App, { forceCloseConnections: true })
app.use(nodeHttpHandler(app.get(Chat).hub, { path: '/chat' })) // for networks that block WebSocket
app.useStaticAssets(fileURLToPath(new URL('../page/dist', import.meta.url)))
attach(app.get(Chat).hub, app.getHttpServer(), { path: '/chat' })
await app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1')
console.log(await app.getUrl())

process.once('SIGTERM', async () => {
  await app.get(Chat).hub.close({ deadline: 1_000 }) // before Nest closes the open sockets
  await app.close()
})
