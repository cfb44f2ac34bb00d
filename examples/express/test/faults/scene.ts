import { once } from 'node:events'
import type { Client } from '@chat/core'
import { connect } from '@chat/node-ws'
import type { Chromium, ChromiumPage } from '../../../../test-support/browser-puppeteer.ts'
import { Page } from '../../../../test-support/browsers.ts'
import { FaultProxy } from '../../../../test-support/fault-proxy.ts'
import type { Chat } from '../../contract.ts'
import { type Example, startExample } from '../example.ts'

/**
 * The example, ada's page behind a proxy, and eve, whose client connects directly. Both users are in the lobby.
 */
export class Scene {
  readonly proxy: FaultProxy
  readonly page: Page
  example: Example
  readonly #window: ChromiumPage
  #eve: Client<Chat>

  private constructor(example: Example, proxy: FaultProxy, window: ChromiumPage) {
    this.example = example
    this.proxy = proxy
    this.#window = window
    this.page = new Page(window)
    this.#eve = this.#meetEve()
  }

  static async open(chromium: Chromium): Promise<Scene> {
    const example = await startExample()
    const proxy = await FaultProxy.start(example.port)
    const window = await chromium.open(`http://127.0.0.1:${proxy.port}/?user=ada`)
    const scene = new Scene(example, proxy, window)
    await scene.reaches('connected')
    // Records each status that the page shows from now on.
    await scene.page.evaluate(`void new MutationObserver(() => (globalThis.statuses ??= []).push(${status}))
      .observe(document.querySelector('#status'), { attributeFilter: ['data-status'] })`)
    return scene
  }

  get eve(): Client<Chat> {
    return this.#eve
  }

  /** The statuses that the page has shown since it was connected. */
  get statuses(): Promise<string[]> {
    return this.page.evaluate('globalThis.statuses ?? []')
  }

  reaches(name: string, patience?: number): Promise<void> {
    return this.page.until(`${status} === '${name}'`, patience)
  }

  /** Sends a message from ada's page. */
  async write(text: string): Promise<void> {
    await this.page.click('#text')
    await this.page.type(`${text}\n`)
  }

  /** Sends a message from eve, and waits until it is stored. */
  async hear(text: string): Promise<void> {
    await this.#eve.to('#lobby').send('say', { text })
  }

  /** Waits for a row of the log with this text; `row` has its classes. */
  shows(row: string, text: string, patience?: number): Promise<void> {
    const rows = `[...document.querySelectorAll('#log .row${row} .text')]`
    return this.page.until(`${rows}.some((p) => p.textContent === ${JSON.stringify(text)})`, patience)
  }

  /** The texts of all messages, in the order of the page. */
  get texts(): Promise<string[]> {
    return this.page.evaluate(`[...document.querySelectorAll('#log .row .text')].map((p) => p.textContent)`)
  }

  /** The number of gaps that the page shows. */
  get gaps(): Promise<number> {
    return this.page.evaluate(`document.querySelectorAll('#log .gap').length`)
  }

  /** Sets the browser offline or online: it fires the events and opens no new connection, but keeps open WebSockets. */
  async offline(offline: boolean): Promise<void> {
    await this.#window.setOffline(offline)
  }

  /** Kills the server, with its log and its connections. */
  async kill(): Promise<void> {
    this.#eve.close()
    await this.example.stop('SIGKILL')
    this.proxy.reset()
  }

  /** Starts a new server in place of the killed server. */
  replace(example: Example): void {
    this.example = example
    this.proxy.target = example.port
    this.#eve = this.#meetEve()
  }

  async close(): Promise<void> {
    this.#eve.close()
    await this.page.close()
    await this.proxy.close()
    const { process } = this.example
    if (process.exitCode !== null || process.signalCode !== null) return
    process.kill('SIGKILL')
    await once(process, 'exit')
  }

  #meetEve(): Client<Chat> {
    return connect<Chat>(`ws://127.0.0.1:${this.example.port}/chat`, { token: 'eve' })
  }
}

const status = `document.querySelector('#status')?.dataset.status`
