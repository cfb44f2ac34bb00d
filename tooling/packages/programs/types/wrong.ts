// Each line with a comment `wrong` is a mistake that the compiler must report. No other line is a mistake.
import { Client, Hub, handleAsk } from '@chat/core'
import type { Dialer } from '@chat/core/transport'
import { type Chat, chat } from './contract.js'

declare const dial: Dialer

const hub = new Hub<Chat>()
hub.on('sya', () => {}) // wrong: no such event
hub.handle('rename', () => ({ ok: 'yes' })) // wrong: the answer is a boolean
await hub.to('#lobby').send('say', { test: 'hi' }) // wrong: no such field
await hub.to('#lobby').send('rename', { name: 'hi' }) // wrong: a call is not an event

const client = new Client({ dial, contract: chat })
client.on('say', ({ text }) => text.toFixed()) // wrong: a text is not a number
client.join('#lobby').cast('typing', 'yes') // wrong: typing is a boolean
await client.call('rename', 'bob') // wrong: the input is an object
handleAsk(client, 'confirm', () => 'yes') // wrong: the answer is a boolean

new Client({ token: 'alice' }) // wrong: a client needs a dialer
new Hub({ authorise: () => true }) // wrong: no such option
