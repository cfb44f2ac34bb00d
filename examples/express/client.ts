// client.ts
import { connect } from '@chat/browser'
import type { Chat } from './contract.ts'

const show = (text: string) => document.body.append(text, document.createElement('br'))

const client = connect<Chat>('/chat', { token: 'Grace' })
client.on('$status', ({ status, error }) => show(`${status} ${error?.message ?? ''}`))

const lobby = client.join('#lobby')
lobby.on('say', ({ text }, { from }) => show(`${from ?? 'the server'}: ${text}`))
lobby.on('$gap', ({ reason }) => show(`messages were lost: ${reason}`))

await lobby.send('say', { text: 'hi' }) // resolves when the message is in the room's log
lobby.cast('typing', true) // never stored, and dropped first when a client is slow
await client.call('roll', { sides: 6 })
