import { Hub, isName } from '@chat/core'

/** The contract of the page and the server. */
export interface Chat {
  events: { say: { text: string }; typing: boolean }
}

export const path = '/chat'

export const hub = new Hub<Chat>({
  // A demo: the token is the user's name. Your app verifies the token, and returns null for a bad one.
  authenticate: ({ token }) => (token !== null && isName(token) ? { id: token } : null),
  authorize: ({ address }) => address === '#lobby',
  presence: {},
})
