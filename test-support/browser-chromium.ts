import { join } from 'node:path'
import type { Browser, RawPage } from './browsers.ts'
import { paths, profileArguments } from './engines.ts'
import { Processes, writtenFile } from './processes.ts'
import { SocketCommands } from './socket-commands.ts'

/** Chromium, whose windows also take any command of the DevTools protocol. */
export interface Chromium extends Browser {
  /** Where others reach the same one. */
  readonly address: string
  open(url: string): Promise<ChromiumPage>
}

/** Chromium over the DevTools protocol. */
export async function launchChromium(): Promise<Chromium> {
  const processes = new Processes()
  const home = processes.temporaryFolder()
  await processes.start(paths.chromium, profileArguments('chromium', home), { ...process.env, HOME: home })
  const [port, path] = (await writtenFile(join(home, 'DevToolsActivePort'), /^\d+\n\/\S+/)).split('\n')
  const chromium = await connectChromium(`ws://127.0.0.1:${port}${path}`)
  return {
    ...chromium,
    async close() {
      await chromium.close()
      await processes.end()
    },
  }
}

/** One that runs already, and goes on running. */
export async function connectChromium(address: string): Promise<Chromium> {
  const commands = await SocketCommands.connect(address)
  return {
    address,
    open: (url) => ChromiumPage.open(commands, url),
    close: async () => commands.close(),
  }
}

export class ChromiumPage implements RawPage {
  readonly #commands: SocketCommands
  readonly #target: string
  readonly #session: string

  private constructor(commands: SocketCommands, target: string, session: string) {
    this.#commands = commands
    this.#target = target
    this.#session = session
  }

  static async open(commands: SocketCommands, url: string): Promise<ChromiumPage> {
    const { targetId } = await commands.send<{ targetId: string }>('Target.createTarget', {
      url,
      newWindow: true,
    })
    const { sessionId } = await commands.send<{ sessionId: string }>('Target.attachToTarget', {
      targetId,
      flatten: true,
    })
    return new ChromiumPage(commands, targetId, sessionId)
  }

  /** Any command of the DevTools protocol, for this window. */
  command<T = unknown>(method: string, params: object = {}): Promise<T> {
    return this.#commands.send<T>(method, params, this.#session)
  }

  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.command<{
      result: { value: unknown }
      exceptionDetails?: { exception?: { description?: string } }
    }>('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description)
    return result.value
  }

  async press(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      const event = special[key] ?? { key, text: key }
      await this.command('Input.dispatchKeyEvent', { type: 'keyDown', ...event })
      await this.command('Input.dispatchKeyEvent', { type: 'keyUp', ...event, text: undefined })
    }
  }

  async capture(): Promise<string> {
    const { data } = await this.command<{ data: string }>('Page.captureScreenshot')
    return data
  }

  async close(): Promise<void> {
    await this.#commands.send('Target.closeTarget', { targetId: this.#target })
  }
}

/** WebDriver's special keys in Chromium's words. */
const special: Record<string, object> = {
  '\uE004': { key: 'Tab', code: 'Tab', windowsVirtualKeyCode: 9 },
  '\uE007': { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13, text: '\r' },
  '\uE00C': { key: 'Escape', code: 'Escape', windowsVirtualKeyCode: 27 },
}
