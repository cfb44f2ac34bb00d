import { join } from 'node:path'
import { type Browser, keyActions, type RawPage } from './browsers.ts'
import { paths, profileArguments } from './engines.ts'
import { Processes, writtenFile } from './processes.ts'
import { SocketCommands } from './socket-commands.ts'

/** Firefox over WebDriver BiDi, which it speaks by itself. */
export async function launchFirefox(): Promise<Browser> {
  const processes = new Processes()
  const home = processes.temporaryFolder()
  const args = [...profileArguments('firefox', home), '--remote-debugging-port=0']
  await processes.start(paths.firefox, args, { ...process.env, HOME: home })
  const { ws_port } = JSON.parse(await writtenFile(join(home, 'WebDriverBiDiServer.json'), /\}\s*$/))
  const commands = await SocketCommands.connect(`ws://127.0.0.1:${ws_port}/session`)
  await commands.send('session.new', { capabilities: {} })
  return {
    open: (url) => FirefoxPage.open(commands, url),
    async close() {
      commands.close()
      await processes.end()
    },
  }
}

class FirefoxPage implements RawPage {
  readonly #commands: SocketCommands
  readonly #context: string

  private constructor(commands: SocketCommands, context: string) {
    this.#commands = commands
    this.#context = context
  }

  static async open(commands: SocketCommands, url: string): Promise<FirefoxPage> {
    const { context } = await commands.send<{ context: string }>('browsingContext.create', { type: 'window' })
    await commands.send('browsingContext.navigate', { context, url, wait: 'complete' })
    return new FirefoxPage(commands, context)
  }

  async evaluate(expression: string): Promise<unknown> {
    const answer = await this.#commands.send<{
      result?: { value?: string }
      exceptionDetails?: { text: string }
    }>('script.evaluate', {
      // BiDi has its own notation for values: JSON goes through it as one string.
      expression: `(async () => JSON.stringify({ value: await (${expression}) }))()`,
      target: { context: this.#context },
      awaitPromise: true,
    })
    if (answer.exceptionDetails !== undefined) throw new Error(answer.exceptionDetails.text)
    return JSON.parse(answer.result?.value ?? '{}').value
  }

  async press(keys: readonly string[]): Promise<void> {
    await this.#commands.send('input.performActions', { context: this.#context, actions: keyActions(keys) })
  }

  async capture(): Promise<string> {
    const context = this.#context
    return (await this.#commands.send<{ data: string }>('browsingContext.captureScreenshot', { context }))
      .data
  }

  async close(): Promise<void> {
    await this.#commands.send('browsingContext.close', { context: this.#context })
  }
}
