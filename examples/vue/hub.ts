import { Hub } from '@chat/core'

/** The contract of the pages and the server. */
export interface Chat {
  events: { message: { text: string } }
  calls: { echo: { input: string; output: string } }
}

/**
 * The path of the hub. As in the tutorial, the name in the path identifies the user. In your application,
 * check a session or a token.
 */
export const path = '/ws/:username/'

/** The room of every open page. */
export const everyone = '#everyone'

export const hub = new Hub<Chat>({
  authenticate: ({ params: { username = '' } }) => (/^[\w-]{1,32}$/.test(username) ? { id: username } : null),
  // Every user may enter the room of everyone, and write to it and to a single user.
  authorize: ({ action, address }) => address === everyone || (action === 'send' && address.startsWith('@')),
})
hub.handle('echo', (text) => text)
