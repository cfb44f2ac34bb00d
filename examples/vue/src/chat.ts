import { connect } from '@chat/browser'
import type { Client } from '@chat/core'
import { chatComposables } from '@chat/vue'
import { shallowRef } from 'vue'
import type { Chat } from '../hub.ts'

export const { chatPlugin, useCall, useMessages, useNotices, useRoom, useStatus } = chatComposables<Chat>()

/** The room of every open page. */
export const everyone = '#everyone'

/** The user of this tab: its own name, in the URL of its socket. */
export const username = generatedName()

/** The client of all pages; `null` while there is none. */
export const client = shallowRef<Client<Chat> | null>(null)

export function open(): void {
  client.value ??= connect<Chat>(`/ws/${username}/`)
}

export function close(): void {
  client.value?.close()
  client.value = null
}

function generatedName(): string {
  const known = sessionStorage.getItem('username')
  if (known !== null) return known
  const made = `user-${Math.random().toString(36).slice(2, 8)}`
  sessionStorage.setItem('username', made)
  return made
}
