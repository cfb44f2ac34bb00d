// Drives the distribution's own browsers from outside, for tests of whole pages: one small interface, three engines.
import { writeFile } from 'node:fs/promises'
import { launchChromium, launchFirefox } from './browser-puppeteer.ts'
import { launchWebkit } from './browser-webkit.ts'
import type { Engine } from './engines.ts'
import { keys } from './keys.ts'

/** A browser that runs. */
export interface Browser {
  /** Opens a window of its own, with a `sessionStorage` of its own. */
  open(url: string): Promise<RawPage>
  /** Ends the browser and everything that was started with it. */
  close(): Promise<void>
}

/** What an engine must be able to do with a window. */
export interface RawPage {
  /** The value of an expression, or of the promise that it is. */
  evaluate(expression: string): Promise<unknown>
  /** Presses and releases keys, as a person does: characters, or code points of WebDriver's special keys. */
  press(keys: readonly string[]): Promise<void>
  /** A PNG, in base64. */
  capture(): Promise<string>
  close(): Promise<void>
}

const launchers = { chromium: launchChromium, firefox: launchFirefox, webkit: launchWebkit }

/** Starts a browser. */
export const launch = (engine: Engine): Promise<Browser> => launchers[engine]()

/** A window, as a test uses it. */
export class Page {
  readonly #raw: RawPage

  constructor(raw: RawPage) {
    this.#raw = raw
  }

  evaluate<T>(expression: string): Promise<T> {
    return this.#raw.evaluate(expression) as Promise<T>
  }

  /** Waits until an expression is true; when it never is, says what it was. */
  async until(expression: string, patience = 15_000): Promise<void> {
    const deadline = Date.now() + patience
    for (;;) {
      if (await this.evaluate<boolean>(`!!(${expression})`).catch(falseWhileNavigating)) return
      if (Date.now() > deadline)
        throw new Error(`unable to see ${expression}; the page says:\n${await this.text('body')}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  /** What a person reads in an element. */
  text(selector: string): Promise<string> {
    return this.evaluate(`document.querySelector(${JSON.stringify(selector)})?.innerText ?? ''`)
  }

  async click(selector: string): Promise<void> {
    const element = `document.querySelector(${JSON.stringify(selector)})`
    await this.until(element)
    await this.evaluate(`(${element}.focus(), ${element}.click())`)
  }

  /** Types into whatever has the focus; `\n` is Enter. */
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

/** Chromium cannot evaluate an expression while a page changes its document. */
function falseWhileNavigating(error: Error): false {
  if (/context was destroyed/.test(error.message)) return false
  throw error
}
