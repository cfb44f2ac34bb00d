import { connect } from '@chat/browser'
import { type Position, readStreams, type StreamReader } from '@chat/core'
import type { Conversation } from '../contract.ts'

const notes: Readonly<Record<string, string>> = {
  cancelled: 'Stopped.',
  failed: 'The model has failed.',
  lost: 'The server was killed while it wrote this.',
}

// All tabs of this browser are one user. A real application has a token here.
const user: string = localStorage['user'] ?? crypto.randomUUID()
localStorage['user'] = user
const address = `#chat:${user}` as const
// The conversation is read from its beginning, where the first page of this user has joined it.
const beginning = localStorage['beginning'] as string | undefined
const client = connect<Conversation>('/chat', {
  token: user,
  streams: readStreams,
  positions: beginning === undefined ? {} : { [address]: JSON.parse(beginning) as Position },
})
const room = client.join(address)

client.on('$status', ({ status }) => {
  part('lamp').className = `lamp ${status}`
  part('status').textContent = status
})
room.on('prompt', ({ text }, { id }) => {
  part('hint').hidden = true
  turnOf(String(id)).prepend(make('p', 'prompt', text))
})
room.on('answer', (answer) => {
  const turn = turnOf(String(answer.meta?.['prompt']))
  // An answer that takes the place of one whose server has died.
  for (const earlier of turn.querySelectorAll('.answer')) earlier.classList.add('replaced')
  turn.append(show(answer))
})
room.on('$gap', () => part('conversation').append(make('p', 'note', 'Earlier messages are no longer kept.')))
room.ready.then(
  () => {
    localStorage['beginning'] ??= JSON.stringify(client.positions[address])
  },
  (error: Error) => {
    part('status').textContent = error.message
  },
)

part('form').addEventListener('submit', (event) => {
  event.preventDefault()
  const input = part('text') as HTMLInputElement
  const text = input.value.trim()
  if (text === '') return
  input.value = ''
  room.send('prompt', { text }).catch((error: Error) => {
    part('conversation').append(make('p', 'note', `${text}: ${error.message}`))
  })
})
part('reload').addEventListener('click', () => location.reload())
part('kill').addEventListener('click', () => void fetch('/kill', { method: 'POST' }).catch(() => {}))

/** Shows an answer while it grows, with a button that stops it. */
function show(answer: StreamReader<string>): HTMLElement {
  const words = make('p', 'words', '')
  const note = make('p', 'note', '')
  const stop = make('button', 'stop', 'Stop') as HTMLButtonElement
  stop.addEventListener('click', () => answer.cancel().catch((error: Error) => note.append(error.message)))
  const box = make('article', 'answer', words, note, stop)
  const render = (): void => {
    words.textContent = answer.value
    note.textContent = notes[answer.state] ?? ''
    stop.hidden = answer.state !== 'open'
    box.classList.toggle('open', answer.state === 'open')
    box.scrollIntoView({ block: 'end' })
  }
  answer.onChange(render)
  queueMicrotask(render)
  return box
}

/** Returns the element of a prompt and its answers. */
function turnOf(prompt: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(`[data-prompt="${CSS.escape(prompt)}"]`)
  if (found !== null) return found
  const turn = make('section', 'turn', '')
  turn.dataset['prompt'] = prompt
  part('conversation').append(turn)
  return turn
}

function part(id: string): HTMLElement {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`unable to find #${id} in the page`)
  return found
}

function make(tag: string, className: string, ...children: (Node | string)[]): HTMLElement {
  const element = document.createElement(tag)
  element.className = className
  element.append(...children)
  return element
}
