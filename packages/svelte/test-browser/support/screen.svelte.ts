import { connect, readStreams } from '@chat/browser'
import type { Client, RoomAddress } from '@chat/core'
import { hydrate, mount, unmount } from 'svelte'
import { onTestFinished, vi } from 'vitest'
import { call, urlOf } from '../../../browser/test-browser/support/control.ts'
import type { Chat } from './chat.ts'
import Page from './Page.svelte'

/** Props of the page, which a test may change. */
export interface PageProps {
  client: Client<Chat> | null
  address?: RoomAddress | null | undefined
  version?: number
  reading?: boolean
}

/** Page of one test. */
export interface Screen {
  readonly props: PageProps
  /** Returns the texts of all elements with this selector. */
  texts(selector: string): string[]
  click(selector: string): void
}

/** Opens a page. With `html`, which a server has rendered, the page takes that over. */
export function openScreen(given: PageProps, html?: string): Screen {
  const target = document.body.appendChild(document.createElement('main'))
  const props = $state<PageProps>(given)
  target.innerHTML = html ?? ''
  const app = (html === undefined ? mount : hydrate)(Page, { target, props })
  onTestFinished(async () => {
    await unmount(app)
    target.remove()
  })
  return {
    props,
    texts: (selector) => [...target.querySelectorAll(selector)].map(({ textContent }) => textContent.trim()),
    click: (selector) => target.querySelector<HTMLElement>(selector)?.click(),
  }
}

/** Starts a hub for one test, and returns its path. */
export async function startHub(): Promise<string> {
  const hub = await call('startHub')
  onTestFinished(() => call('stopHub', hub))
  return hub
}

/** Connects a client for one test. */
export function client(hub: string, user: string): Client<Chat> {
  const made = connect<Chat>(urlOf(hub), { token: user, streams: readStreams })
  onTestFinished(() => made.close())
  return made
}

/** Waits until `check` no longer throws. */
export const eventually = (check: () => unknown): Promise<unknown> =>
  vi.waitFor(check, { timeout: 10_000, interval: 5 })
