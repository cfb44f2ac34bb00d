import { connect } from '@chat/browser'
import { chatFunctions } from '@chat/svelte'
import type { Chat } from '../hub.ts'

export const { provideChat, useMessages, usePeople, useRoom, useStatus, useTyping } = chatFunctions<Chat>()

/** The user of this tab: `?user=ada` in the URL, or a generated name. */
export const username = new URLSearchParams(location.search).get('user') ?? generatedName()

/** The client of the page. A module of its own keeps it while components are reloaded. */
export const client = connect<Chat>('/chat', { token: username })

function generatedName(): string {
  const known = sessionStorage.getItem('username')
  if (known !== null) return known
  const made = `user-${Math.random().toString(36).slice(2, 8)}`
  sessionStorage.setItem('username', made)
  return made
}
