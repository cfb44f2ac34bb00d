import { connect } from '@chat/browser'
import type { Client, ClientStatus } from '@chat/core'
import { onScopeDispose, reactive, ref, shallowRef } from 'vue'
import type { Chat } from '../hub.ts'

/** A received message. */
export interface Line {
  readonly from: string
  readonly text: string
  /** `true` for a message to a single user. */
  readonly direct: boolean
}

/** Makes a client for the lifetime of the calling component. */
export function useChat(username: string) {
  const status = ref<ClientStatus>('closed')
  const lines = reactive<Line[]>([])
  const client = shallowRef<Client<Chat> | null>(null)
  const text = ref('')
  const trouble = ref('')

  function open(): void {
    close()
    const made = connect<Chat>(`/ws/${username}/`)
    status.value = made.status
    made.on('$status', (event) => {
      status.value = event.status
    })
    made.on('message', ({ text }, { from, address }) =>
      lines.push({ from: from ?? 'server', text, direct: address !== '*' }),
    )
    // The log is in the server's memory and is lost when the server restarts. To keep all messages, store
    // them and use a snapshot hook.
    made.on('$gap', ({ address }) =>
      lines.push({ from: 'the client', text: `messages to ${address} are missing here`, direct: false }),
    )
    client.value = made
  }

  function close(): void {
    client.value?.close()
    client.value = null
    status.value = 'closed'
  }

  /**
   * Sends `text`, and resolves with `true` on success. On failure `trouble` has the reason, and the text is
   * restored.
   */
  async function say(address: string): Promise<boolean> {
    const said = text.value
    text.value = ''
    trouble.value = ''
    try {
      await client.value?.to(address).send('message', { text: said })
      return true
    } catch (error) {
      trouble.value = (error as Error).message
      text.value ||= said
      return false
    }
  }

  onScopeDispose(close)
  return { status, lines, client, text, trouble, open, close, say }
}

/** The user of this tab: its own name, in the URL of its socket. */
export function generatedName(): string {
  const known = sessionStorage.getItem('username')
  if (known !== null) return known
  const made = `user-${Math.random().toString(36).slice(2, 8)}`
  sessionStorage.setItem('username', made)
  return made
}
