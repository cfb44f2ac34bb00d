import { createServer } from 'node:net'
import type { Browser, RawPage } from './browsers.ts'
import { paths, webkitEnvironment } from './engines.ts'
import { keyActions } from './keys.ts'
import { Processes } from './processes.ts'

/**
 * Drives WebKit over WebDriver, through WebKit's own driver. A session has one current window, so commands
 * run in sequence.
 */
export async function launchWebkit(): Promise<Browser> {
  const processes = new Processes()
  const home = processes.temporaryFolder()
  const env = { ...process.env, ...webkitEnvironment, HOME: home, XDG_RUNTIME_DIR: home }
  const port = await freePort()
  await processes.start('WebKitWebDriver', [`--port=${port}`], { ...env, DISPLAY: await processes.display() })
  const driver = new Driver(`http://127.0.0.1:${port}`)
  await driver.start()
  return {
    open: (url) => driver.open(url),
    close: () => processes.end(),
  }
}

type Method = 'GET' | 'POST' | 'DELETE'

class Driver {
  readonly #url: string
  #session = ''
  /** First window of the session. It stays open, so that the session always has a window. */
  #first = ''
  #last: Promise<unknown> = Promise.resolve()

  constructor(url: string) {
    this.#url = url
  }

  async start(): Promise<void> {
    const browser = { binary: paths.webkit, args: ['--automation'] }
    const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': browser } }
    const { sessionId } = await this.#patiently<{ sessionId: string }>('/session', { capabilities })
    this.#session = `/session/${sessionId}`
    this.#first = await this.#command<string>('GET', '/window')
  }

  async open(url: string): Promise<RawPage> {
    const window = await this.#inWindow<{ handle: string }>(this.#first, 'POST', '/window/new', {
      type: 'window',
    })
    const command = <T>(method: Method, path: string, body?: object): Promise<T> =>
      this.#inWindow(window.handle, method, path, body)
    await command('POST', '/url', { url })
    return {
      evaluate: (expression) =>
        command('POST', '/execute/async', {
          script: `const done = arguments[0]; Promise.resolve(${expression}).then(done)`,
          args: [],
        }),
      press: (keys) => command('POST', '/actions', { actions: keyActions(keys) }),
      capture: () => command('GET', '/screenshot'),
      close: () => command('DELETE', '/window'),
    }
  }

  #inWindow<T>(handle: string, method: Method, path: string, body?: object): Promise<T> {
    const turn = this.#last.then(async () => {
      await this.#command('POST', '/window', { handle })
      return this.#command<T>(method, path, body)
    })
    this.#last = turn.catch(() => {})
    return turn
  }

  async #command<T>(method: Method, path: string, body?: object): Promise<T> {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) }
    const response = await fetch(`${this.#url}${this.#session}${path}`, init)
    const { value } = (await response.json()) as { value: T & { error?: string; message?: string } }
    if (!response.ok) throw new Error(`unable to ${method} ${path}: ${value.error}: ${value.message}`)
    return value
  }

  /** The driver does not report when it starts to listen. A fetch before that fails with a `TypeError`. */
  async #patiently<T>(path: string, body: object, attempts = 800): Promise<T> {
    try {
      return await this.#command<T>('POST', path, body)
    } catch (error) {
      if (attempts === 0 || !(error instanceof TypeError)) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
      return this.#patiently(path, body, attempts - 1)
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
