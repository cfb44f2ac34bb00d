import type { ReactNode } from 'react'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { onTestFinished } from 'vitest'

/** Page of one test, rendered under StrictMode. */
export interface Screen {
  /** Renders these components in place of the former. */
  show(children: ReactNode): void
  /** Returns the texts of all elements with this selector. */
  texts(selector: string): (string | null)[]
  click(selector: string): void
}

/** Opens a page. Errors of React, such as a failed hydration, fail the test. */
export function openScreen(children: ReactNode): Screen {
  const element = document.body.appendChild(document.createElement('main'))
  const root = createRoot(element)
  const show = (shown: ReactNode): void => root.render(<StrictMode>{shown}</StrictMode>)
  onTestFinished(() => {
    root.unmount()
    element.remove()
  })
  show(children)
  return {
    show,
    texts: (selector) => [...element.querySelectorAll(selector)].map(({ textContent }) => textContent),
    click: (selector) => element.querySelector<HTMLElement>(selector)?.click(),
  }
}
