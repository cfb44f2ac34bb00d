import { connect } from '@chat/browser'
import type { ClusterChat, ClusterState, HubState } from '../contract.ts'

const element = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T
const restart = element<HTMLButtonElement>('restart')
const messages = element('messages')

const client = connect<ClusterChat>('/chat', { token: `guest-${crypto.randomUUID().slice(0, 8)}` })
let node = ''

client.on('$status', async ({ status }) => {
  element('status').textContent = status === 'connected' ? '' : `${status}…`
  if (status !== 'connected') return
  node = await client.call('node', null)
  element('status').textContent = `connected to hub ${node}`
})

client.on('cluster', ({ hubs, traffic }) => {
  showHubs(hubs)
  showTraffic(traffic)
  restart.disabled = hubs.some(({ status }) => status !== 'running')
})
restart.addEventListener('click', () => void client.call('restart', null))

const lobby = client.join('#lobby')
lobby.on('say', ({ text }, { from }) => addLine(`${from}: ${text}`))
lobby.on('$gap', ({ reason }) => addLine(`messages were lost: ${reason}`))
element<HTMLFormElement>('form').addEventListener('submit', (event) => {
  event.preventDefault()
  const input = element<HTMLInputElement>('text')
  const text = input.value.trim()
  if (text === '') return
  input.value = ''
  lobby.send('say', { text }).catch((error) => addLine(`not sent: ${error.message}`))
})

function addLine(text: string): void {
  const line = document.createElement('li')
  line.textContent = text
  messages.append(line)
  messages.scrollTop = messages.scrollHeight
}

function showHubs(hubs: readonly HubState[]): void {
  element('hubs').replaceChildren(
    ...hubs.map(({ name, status, restarts, clients }) => {
      const mine = name === node
      const card = document.createElement('div')
      card.className = mine ? 'hub mine' : 'hub'
      card.append(
        text('b', `Hub ${name}`),
        text('span', mine ? ' — you are here' : '', 'you'),
        text('div', status, `status ${status}`),
        text('div', `${clients} clients · ${restarts} ${restarts === 1 ? 'restart' : 'restarts'}`, 'note'),
      )
      return card
    }),
  )
}

function showTraffic({ clients, ...counts }: ClusterState['traffic']): void {
  element('clients').textContent =
    `${clients} clients send 5 messages a second each, half of them over WebSocket, half over HTTP; each receives them all.`
  const { sent, acknowledged, received, expected, missing, twice, gaps, failed } = counts
  const shown = {
    sent,
    acknowledged,
    received,
    'missing messages': missing,
    'received twice': twice,
    gaps,
    'failed sends': failed,
  }
  element('counts').replaceChildren(
    ...Object.entries(shown).map(([name, count]) => {
      const pair = document.createElement('div')
      pair.append(text('dt', name), text('dd', count.toLocaleString('en')))
      return pair
    }),
  )
  const lost = missing + twice + gaps + failed
  const verdict = element('verdict')
  verdict.className = lost === 0 ? 'good' : 'bad'
  verdict.textContent =
    lost > 0
      ? 'Messages were lost, or came twice.'
      : received >= expected
        ? 'Nothing is lost, nothing came twice.'
        : `Nothing is lost; ${(expected - received).toLocaleString('en')} are on their way.`
}

function text(tag: string, content: string, className = ''): HTMLElement {
  const made = document.createElement(tag)
  made.textContent = content
  made.className = className
  return made
}
