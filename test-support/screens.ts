// Pages of a framework in a world with faults: each must show the log in the end.
import type { Client } from '@chat/core'
import { explore, type World } from '@chat/testing'
import { expect } from 'vitest'

/** Contract of the pages. */
export interface Say {
  events: { say: { text: string } }
}

/** A mounted list of the messages of `#lobby`: an `li` for each, with its text and its state. */
export interface Screen {
  send(text: string): void
  /** Sends the messages again whose fate is not known. */
  retryAll(): void
  unmount(): void
}

/** Mounts the list into an element. */
export type MountScreen = (element: HTMLElement, client: Client<Say>) => Screen

/** Page of a user, which the workload uses as a person does. */
class Page {
  readonly #client: Client<Say>
  readonly #mount: MountScreen
  readonly #element = document.createElement('main')
  #screen: Screen | null = null

  constructor(client: Client<Say>, mount: MountScreen) {
    this.#client = client
    this.#mount = mount
  }

  get isOpen(): boolean {
    return this.#screen !== null
  }

  get lines(): string[] {
    return [...this.#element.querySelectorAll('li')].map(({ textContent }) => textContent.trim())
  }

  send(text: string): void {
    this.#screen?.send(text)
  }

  retryAll(): void {
    this.#screen?.retryAll()
  }

  open(): void {
    this.#screen ??= this.#mount(this.#element, this.#client)
  }

  close(): void {
    this.#screen?.unmount()
    this.#screen = null
  }
}

interface Subject {
  readonly client: Client<Say>
  readonly pages: readonly Page[]
}

/**
 * Searches seeds for a screen that differs from the log. Two people write, and close and open their pages, while the
 * network and the hub fail. In the end each screen shows every stored message once, in the order of the log.
 */
export const exploreScreens = (mount: MountScreen): Promise<unknown> =>
  explore(
    {
      runs: 15,
      faults: ['cut', 'stall', 'reset', 'crash'],
      situations: ['people talk'],
      fakeGlobals: true,
      workload,
      check,
    },
    async (w) => {
      const hub = w.hub<Say>({ authenticate: ({ token }) => ({ id: token ?? '' }), authorize: () => true })
      const client = await w.client<Say>(hub, 'alice')
      const pages = [new Page(client, mount), new Page(await w.client<Say>(hub, 'bob'), mount)]
      for (const page of pages) page.open()
      return { client, pages }
    },
  )

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
  for (const page of pages) page.open()
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
