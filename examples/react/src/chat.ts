import { connect } from '@chat/browser'
import { indexedDbOutbox } from '@chat/browser/outbox'
import type { Client } from '@chat/core'
import { chatHooks } from '@chat/react'
import { type Chat, chat } from '../contract.ts'

export const hooks = chatHooks<Chat>()

/** Posts to the routes of `auth.ts`. */
export const post = (user: string, action: 'login' | 'token' | 'logout'): Promise<Response> =>
  fetch(`/auth/${user}/${action}`, { method: 'POST' })

async function fetchToken(user: string): Promise<string | null> {
  const response = await post(user, 'token')
  if (response.status === 401) return null // not signed in: the hub refuses the client, and it stops
  if (!response.ok) throw new Error(`unable to fetch a token: ${response.status}`) // the client tries again
  return response.text()
}

export const connectAs = (user: string): Client<Chat> =>
  connect('/chat', {
    contract: chat,
    token: () => fetchToken(user),
    outbox: indexedDbOutbox('support', { user }), // what was not sent is there after a reload
  })
