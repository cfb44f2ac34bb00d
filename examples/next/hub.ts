import { Hub, isName } from '@chat/core'

export const hub = new Hub({
  // A demo: the token is the user's name. Your app verifies the token, and returns null for a bad one.
  authenticate: ({ token }) => (token !== null && isName(token) ? { id: token } : null),
  authorize: ({ action, address }) => address.startsWith('#') || action === 'send',
  presence: {},
})

// For server components, which Next.js bundles: they cannot import this module of the running server.
Object.assign(globalThis, { chatHub: hub })
