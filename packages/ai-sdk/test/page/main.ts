// The page of the browser test: `useChat` of the AI SDK over a hub, with React.
import { useChat } from '@ai-sdk/react'
import { connect } from '@chat/browser'
import { contract } from '@chat/core'
import type { UIMessage } from 'ai'
import { createElement as h, StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { chatTransport, conversation } from '../../src/index.ts'

const client = connect('/chat', { contract: contract(conversation), token: 'alice' })
const transport = chatTransport(client)
const id = location.hash.slice(1)

function Chat({ loaded }: { loaded: UIMessage[] }) {
  const { messages, sendMessage, regenerate, status, stop, error } = useChat({
    id,
    messages: loaded,
    transport,
    resume: true,
  })
  const code = error === undefined ? '' : ((error as { code?: string }).code ?? error.message)
  return h(
    'main',
    null,
    messages.map((message) => h('p', { key: message.id, className: message.role }, textOf(message))),
    h('output', { id: 'status' }, status),
    h('output', { id: 'error' }, code),
    h('button', { type: 'button', id: 'stop', onClick: () => void stop() }, 'Stop'),
    h('button', { type: 'button', id: 'again', onClick: () => void regenerate() }, 'Again'),
    h('input', {
      id: 'text',
      onKeyDown: ({ key, currentTarget }: { key: string; currentTarget: HTMLInputElement }) => {
        if (key !== 'Enter') return
        void sendMessage({ text: currentTarget.value })
        currentTarget.value = ''
      },
    }),
  )
}

const textOf = ({ parts }: UIMessage): string =>
  parts.map((part) => (part.type === 'text' ? part.text : '')).join('')

const loaded = await transport.load(id)
createRoot(document.body).render(h(StrictMode, null, h(Chat, { loaded })))
