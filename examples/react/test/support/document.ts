import { Window } from 'happy-dom'

/** Document without a browser, for the renderer of React, which takes it from the globals. */
const window = new Window()
for (const [name, value] of Object.entries({
  window,
  document: window.document,
  navigator: window.navigator,
}))
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })

/** Returns a new element of the document. */
export const newElement = (): HTMLElement => document.createElement('main')
