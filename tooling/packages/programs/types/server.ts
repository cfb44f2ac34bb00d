// A server and a client on Node, as in the README.
import { createServer } from 'node:http'
import { ChatError, Client, Hub, type User } from '@chat/core'
import { httpHandler as requests } from '@chat/http'
import { dial } from '@chat/http/client'
import { nodeHttpHandler } from '@chat/http/node'
import { attach, connect, upgradeHandler } from '@chat/node-ws'
import { WebSocketServer } from 'ws'
import { type Chat, chat } from './contract.js'

interface Member extends User {
  readonly admin: boolean
}

const hub = new Hub({
  contract: chat,
  authenticate: ({ token, params, extra }): Member | null =>
    token === null ? null : { id: params['user'] ?? token, admin: extra === null },
  authorize: ({ address, user, event, data }) => {
    if (event === 'say') return data.text.length > 0
    return address.startsWith('#public:') || user.admin
  },
})
hub.handle('rename', ({ name }, { user }) => ({ ok: name !== user.id }))
hub.on('say', ({ text }, { from, address, position }) => console.log(address, position, from, text.trim()))
hub.on('$error', ({ error, source }) => console.error(source, error))
hub.on('$join', ({ session, address }) => console.log(session.user.admin, address))

attach(hub, createServer(), { path: '/ws/:user', compression: { threshold: 1024 } })
const posts = nodeHttpHandler(hub, { path: '/chat', context: (request) => request.socket.remoteAddress })
const server = createServer((request, response) => void posts(request, response))
attach(hub, server.listen(3000), { path: '/chat', origins: ['https://app.example'] })
export const fetched: Promise<Response | undefined> = requests(hub).fetch(
  new Request('https://app.example/chat'),
)
const chats = upgradeHandler(hub, { path: '/chat', context: (request) => request.headers.cookie })
createServer().on('upgrade', (request, socket, head) => {
  if (!chats.handleUpgrade(request, socket, head)) socket.destroy()
})
new WebSocketServer({ port: 3001 }).on('connection', (socket, request) => chats.accept(socket, request))

const { position } = await hub.to('#public:lobby').send('say', { text: 'welcome' })
const at: number = position[1]
const answer: boolean = await hub.to('@alice').ask('confirm', { question: `is ${at} enough?` })
console.log(answer)

const client = connect<Chat>('ws://127.0.0.1:3000/chat', { token: 'bob', headers: { cookie: 'a=b' } })
const lobby = client.join('#public:lobby')
lobby.on('say', ({ text }, { from }) => console.log(from, text.trim()))
lobby.on('$gap', ({ reason }) => console.log(`messages were lost: ${reason}`))
try {
  const { ok }: { ok: boolean } = await client.call('rename', { name: 'Bob' })
  await lobby.send('say', { text: `renamed: ${ok}` })
} catch (error) {
  if (error instanceof ChatError) console.log(error.code)
}
new Client<Chat>({ dial: dial('https://app.example/chat', { headers: { cookie: 'a=b' } }) }).close()
await hub.close({ deadline: 1000 })
