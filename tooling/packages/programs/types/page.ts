// A page: TypeScript knows the DOM, but not Node.
import { connect, dial } from '@chat/browser'
import { connect as connectOverWebSocket } from '@chat/browser/websocket'
import { Client, handleAsk, readMessages, restoreFrom } from '@chat/core'
import { type Chat, chat } from './contract.js'

const client = connect('/chat', {
  contract: chat,
  token: async () => (await fetch('/token')).text(),
  observe: (seen) => console.log(seen),
})
client.on('$status', ({ status }) => {
  document.title = status
})
handleAsk(client, 'confirm', ({ question }) => window.confirm(question))
client.on('dm', ({ text }, { from }) => console.log('for me alone, from', from, text.trim()))

const lobby = client.join('#lobby', {
  snapshot: restoreFrom(async () => ({ state: ['hi'], position: ['epoch', 1, 'id'] })),
})
lobby.on('$snapshot', ({ state }) => console.log(state.map((line) => line.trim())))
lobby.on('say', ({ text }, { position }) => console.log(position, text.trim()))
lobby.cast('typing', true, { key: 'typing' })
const stopping = new AbortController()
await lobby.send('say', { text: 'hi' }, { signal: stopping.signal })
for await (const item of readMessages(lobby, { last: 20 }))
  console.log(item.event === '$gap' ? item.reason : item.data)

const own = new Client<Chat>({ dial: dial('wss://app.example/chat'), token: 'alice' })
own.close()

const small: Client<Chat> = connectOverWebSocket<Chat>('/chat', { token: 'alice' })
small.close()
