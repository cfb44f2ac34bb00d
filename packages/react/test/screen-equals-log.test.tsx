import type { Client } from '@chat/core'
import { explore, type World } from '@chat/testing'
import { type ReactElement, StrictMode } from 'react'
import { flushSync } from 'react-dom'
import { createRoot, type Root } from 'react-dom/client'
import { expect, test } from 'vitest'
import { chatHooks } from '../src/index.ts'
import { newElement } from './support/document.ts'

interface Chat {
  events: { say: { text: string } }
}

const { ChatProvider, useMessages, useRoom } = chatHooks<Chat>()

/** Page of a user, which the workload uses as a person does. */
class Page {
  readonly #client: Client<Chat>
  readonly #element = newElement()
  #root: Root | null = null
  #send: (text: string) => void = () => {}
  #retryAll: () => void = () => {}

  constructor(client: Client<Chat>) {
    this.#client = client
  }

  get isOpen(): boolean {
    return this.#root !== null
  }

  /** Lines on the screen, without those whose fate is not known. */
  get lines(): string[] {
    return [...this.#element.querySelectorAll('li')].map(({ textContent }) => textContent)
  }

  send(text: string): void {
    this.#send(text)
  }

  retryAll(): void {
    this.#retryAll()
  }

  open(): void {
    const root = createRoot(this.#element as unknown as HTMLElement)
    this.#root = root
    const Lines = (): ReactElement => {
      const { items, send, retry } = useMessages(useRoom('#lobby'), 'say', { last: 100 })
      this.#send = (text) => send('say', { text })
      this.#retryAll = () => {
        for (const item of items) if (item.event !== '$gap' && item.state === 'uncertain') retry(item)
      }
      return (
        <ul>
          {items.map((item) => (
            <li key={item.key}>{item.event === '$gap' ? '$gap' : `${item.data?.text} ${item.state}`}</li>
          ))}
        </ul>
      )
    }
    flushSync(() =>
      root.render(
        <StrictMode>
          <ChatProvider client={this.#client}>
            <Lines />
          </ChatProvider>
        </StrictMode>,
      ),
    )
  }

  close(): void {
    flushSync(() => this.#root?.unmount())
    this.#root = null
    this.#send = () => {}
    this.#retryAll = () => {}
  }
}

interface Subject {
  readonly client: Client<Chat>
  readonly pages: readonly Page[]
}

async function setup(w: World): Promise<Subject> {
  const hub = w.hub<Chat>({ authenticate: ({ token }) => ({ id: token ?? '' }), authorize: () => true })
  const client = await w.client<Chat>(hub, 'alice')
  const pages = [new Page(client), new Page(await w.client<Chat>(hub, 'bob'))]
  for (const page of pages) page.open()
  return { client, pages }
}

/** Two people write, and close and open their pages. */
async function workload(w: World, { pages }: Subject): Promise<void> {
  for (let n = 0; n < 25; n++) {
    const page = pages[Math.floor(w.random() * pages.length)]
    if (page === undefined) continue
    const chance = w.random()
    if (!page.isOpen) page.open()
    else if (chance < 0.1) page.close()
    else if (chance < 0.2) {
      page.close()
      page.open()
    } else page.send(`line ${n}`)
    await w.advance(Math.floor(w.random() * 3_000))
  }
}

async function check(w: World, { client, pages }: Subject): Promise<void> {
  for (const page of pages) if (!page.isOpen) page.open()
  await w.advance('5s')
  for (const page of pages) page.retryAll()
  await w.advance('2m')
  const { messages } = await client.history('#lobby', { limit: 100 })
  const log = messages.map(({ data }) => `${(data as { text: string }).text} stored`)
  for (const page of pages) {
    expect(page.lines.filter((line) => line.endsWith(' stored'))).toEqual(log)
    expect(page.lines.filter((line) => !/ (?:stored|refused|uncertain)$/.test(line))).toEqual([])
    page.close()
  }
  if (log.length > 5) w.sometimes('people talk')
  await w.advance('5s')
}

test(
  'whatever happens to the network, every screen shows the log, each message once and in its order',
  () =>
    explore(
      {
        runs: 15,
        faults: ['cut', 'stall', 'reset', 'crash'],
        situations: ['people talk'],
        fakeGlobals: true,
        workload,
        check,
      },
      setup,
    ),
  120_000,
)
