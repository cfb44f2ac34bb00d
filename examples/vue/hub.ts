import { Hub } from '@chat/core'

/** What pages and server agree on. */
export interface Chat {
  events: { message: { text: string } }
  calls: { echo: { input: string; output: string } }
}

/** Where the hub is: the name in it says who somebody is, as in the tutorial. Yours asks a session, or takes a token. */
export const path = '/ws/:username/'

export const hub = new Hub<Chat>({
  authenticate: ({ params: { username = '' } }) => (/^[\w-]{1,32}$/.test(username) ? { id: username } : null),
  // Everyone may write to everyone, and to one person.
  authorize: ({ action, address }) => action === 'send' && !address.startsWith('#'),
})
hub.handle('echo', (text) => text)
