// Drives the distribution's own browsers from outside, for tests of whole pages: a small interface for three
// engines.
import { writeFile } from 'node:fs/promises'
import { launchChromium, launchFirefox } from './browser-puppeteer.ts'
import { launchWebkit } from './browser-webkit.ts'
import type { Engine } from './engines.ts'
import { keys } from './keys.ts'

/** A running browser. */
export interface Browser {
  /** Opens a separate window, with its own `sessionStorage`. */
  open(url: string): Promise<RawPage>
  /** Ends the browser and all processes that were started with it. */
  close(): Promise<void>
}

/** Operations that an engine provides for a window. */
export interface RawPage {
  /** Returns the value of an expression; if it is a promise, the value that it resolves with. */
  evaluate(expression: string): Promise<unknown>
  /** Presses and releases keys, as a person does: characters, or code points of WebDriver's special keys. */
  press(keys: readonly string[]): Promise<void>
  /** Returns a screenshot as PNG, in base64. */
  capture(): Promise<string>
  close(): Promise<void>
}

const launchers = { chromium: launchChromium, firefox: launchFirefox, webkit: launchWebkit }

/** Starts a browser. */
export const launch = (engine: Engine): Promise<Browser> => launchers[engine]()

/** A window of a browser. */
export class Page {
  readonly #raw: RawPage

  constructor(raw: RawPage) {
    this.#raw = raw
  }

  evaluate<T>(expression: string): Promise<T> {
    return this.#raw.evaluate(expression) as Promise<T>
  }

  /**
   * Waits until an expression is true. Rejects with the text of the page when it stays false for `patience`
   * milliseconds.
   */
  async until(expression: string, patience = 15_000): Promise<void> {
    const deadline = Date.now() + patience
    for (;;) {
      if (await this.evaluate<boolean>(`!!(${expression})`).catch(falseWhileNavigating)) return
      if (Date.now() > deadline)
        throw new Error(`unable to see ${expression}; the page says:\n${await this.text('body')}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  /** Returns the text of an element as a person sees it. */
  text(selector: string): Promise<string> {
    return this.evaluate(`document.querySelector(${JSON.stringify(selector)})?.innerText ?? ''`)
  }

  async click(selector: string): Promise<void> {
    const element = `document.querySelector(${JSON.stringify(selector)})`
    await this.until(element)
    await this.evaluate(`(${element}.focus(), ${element}.click())`)
  }

  /** Types into the focused element; `\n` is Enter. */
  async type(text: string): Promise<void> {
    await this.#raw.press([...text].map((key) => (key === '\n' ? keys.enter : key)))
  }

  async screenshot(file: string): Promise<void> {
    await writeFile(file, Buffer.from(await this.#raw.capture(), 'base64'))
  }

  close(): Promise<void> {
    return this.#raw.close()
  }
}

/**
 * Returns `false` for the error of Chromium while a page changes its document: it cannot evaluate an
 * expression then.
 */
function falseWhileNavigating(error: Error): false {
  if (/context was destroyed/.test(error.message)) return false
  throw error
}
