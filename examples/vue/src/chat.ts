import { connect } from '@chat/browser'
import type { Client, ClientStatus } from '@chat/core'
import { onScopeDispose, reactive, ref, shallowRef } from 'vue'
import type { Chat } from '../hub.ts'

/** Something that was said. */
export interface Line {
  readonly from: string
  readonly text: string
  /** Whether it was for one person alone. */
  readonly direct: boolean
}

/** One client, for as long as the component lives that asked for it. */
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
    // The log is in the server's memory: when that starts again, what came before is gone. Whoever needs it all keeps it, and has a snapshot hook.
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

  /** Sends what is in `text`, and resolves with whether that worked. When it did not, `trouble` says why, and the text is there again. */
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

/** Who this tab is: a name of its own, in the address of its socket. */
export function generatedName(): string {
  const known = sessionStorage.getItem('username')
  if (known !== null) return known
  const made = `user-${Math.random().toString(36).slice(2, 8)}`
  sessionStorage.setItem('username', made)
  return made
}
