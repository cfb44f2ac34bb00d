import { onTestFinished } from 'vitest'
import { type Component, createApp, createSSRApp } from 'vue'
import type { ClientSource } from '../../src/index.ts'
import { type Chat, composables } from './chat.ts'

/** Page of one test. */
export interface Screen {
  /** Returns the texts of all elements with this selector. */
  texts(selector: string): (string | null)[]
  click(selector: string): void
}

/**
 * Opens a page. With `html`, which a server has rendered, the page takes that over. Warnings and errors of Vue fail
 * the test.
 */
export function openScreen(component: Component, client: ClientSource<Chat>, html?: string): Screen {
  const element = document.body.appendChild(document.createElement('main'))
  element.innerHTML = html ?? ''
  const app = (html === undefined ? createApp : createSSRApp)(component).use(composables.chatPlugin(client))
  const faults: unknown[] = []
  app.config.warnHandler = (warning) => faults.push(warning)
  app.config.errorHandler = (error) => faults.push(error)
  app.mount(element)
  onTestFinished(() => {
    app.unmount()
    element.remove()
    if (faults.length > 0) throw new AggregateError(faults, String(faults[0]))
  })
  return {
    texts: (selector) => [...element.querySelectorAll(selector)].map(({ textContent }) => textContent),
    click: (selector) => element.querySelector<HTMLElement>(selector)?.click(),
  }
}
