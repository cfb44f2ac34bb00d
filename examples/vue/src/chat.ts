import { connect } from '@chat/browser'
import type { Client, ClientStatus } from '@chat/core'
import { onScopeDispose, reactive, ref, shallowRef } from 'vue'
import type { Chat } from '../hub.ts'

/** Something that was said. */
export interface Line {
  readonly from: string
  readonly text: string
  /** Whether it was for this person alone. */
  readonly direct: boolean
}

/** One client, for as long as the component lives that asked for it. */
export function useChat(username: string) {
  const status = ref<ClientStatus>('closed')
  const lines = reactive<Line[]>([])
  const client = shallowRef<Client<Chat> | null>(null)

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
    client.value = made
  }

  function close(): void {
    client.value?.close()
    client.value = null
    status.value = 'closed'
  }

  onScopeDispose(close)
  return { status, lines, client, open, close }
}

/** Who this tab is: a name of its own, in the address of its socket. */
export function generatedName(): string {
  const known = sessionStorage.getItem('username')
  if (known !== null) return known
  const made = `user-${Math.random().toString(36).slice(2, 8)}`
  sessionStorage.setItem('username', made)
  return made
}
