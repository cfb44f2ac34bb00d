import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { hubBundle } from './hub-bundle.ts'
import type { Census, FromHub, HubProgramOptions, ToHub } from './hub-messages.ts'
import type { SentRecord } from './journal.ts'
import { within } from './until.ts'

/** A hub in a process of its own. It ends with this process. */
export class HubProcess {
  readonly options: HubProgramOptions
  /** The hub's own messages. */
  readonly sent: SentRecord[] = []
  /** Errors that the hub has reported. */
  readonly errors: string[] = []
  /** `true` once a test has killed the process: the outcome of its last sends is not known. */
  killed = false
  /** `true` once a test has ended the process. */
  ended = false
  port = 0
  /** Name of this incarnation of the hub. */
  node = ''
  readonly #child: ChildProcess
  #output = ''
  #exited = false

  private constructor(options: HubProgramOptions) {
    this.options = options
    this.#child = fork(hubBundle, [JSON.stringify(options)], {
      execArgv: ['--enable-source-maps', '--expose-gc'],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const print = (text: Buffer): void => {
      this.#output += String(text)
    }
    this.#child.stdout?.on('data', print)
    this.#child.stderr?.on('data', print)
    this.#child.on('message', (message) => this.#take(message as FromHub))
    this.#child.once('exit', () => {
      this.#exited = true
    })
  }

  /** Starts a hub, and resolves when it listens. */
  static async start(options: HubProgramOptions): Promise<HubProcess> {
    const hub = new HubProcess(options)
    try {
      await within('a hub that listens', hub.#listening())
      return hub
    } catch (error) {
      await hub.kill()
      throw error
    }
  }

  /** `true` while the process exists. */
  get running(): boolean {
    return !this.#exited
  }

  /** Output of the process: errors that no part of it has handled. */
  get output(): string {
    return this.#output
  }

  /** Sends a command. A process that has ended ignores it. */
  command(message: ToHub): void {
    if (this.#child.connected) this.#child.send(message)
  }

  /** Returns what the process holds after a collection of garbage. */
  census(): Promise<Census> {
    const answer = new Promise<Census>((resolve) => {
      const take = (message: unknown): void => {
        const told = message as FromHub
        if (told.type !== 'census') return
        this.#child.off('message', take)
        resolve(told.census)
      }
      this.#child.on('message', take)
      this.command({ type: 'census' })
    })
    return within('a census of a hub', answer)
  }

  /** Ends the process without warning. */
  async kill(): Promise<void> {
    this.killed = true
    await this.#end('SIGKILL')
  }

  /** Tells the process to drain and end, and resolves with its exit code. */
  terminate(): Promise<number | null> {
    return this.#end('SIGTERM')
  }

  /** Stops the process without ending it. */
  stop(): void {
    this.#child.kill('SIGSTOP')
  }

  /** Lets a stopped process continue. */
  continue(): void {
    this.#child.kill('SIGCONT')
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.#exited) return this.#child.exitCode
    this.ended = true
    const exited = once(this.#child, 'exit')
    this.#child.kill(signal)
    const [code] = await exited
    return code as number | null
  }

  #listening(): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (): void => reject(new Error(`unable to start a hub:\n${this.#output}`))
      this.#child.once('exit', fail)
      this.#child.on('message', ({ type }: FromHub) => {
        if (type !== 'listening') return
        this.#child.off('exit', fail)
        resolve()
      })
    })
  }

  #take(message: FromHub): void {
    if (message.type === 'listening') {
      this.port = message.port
      this.node = message.node
    } else if (message.type === 'error') this.errors.push(message.text)
    else if (message.type === 'sent') this.sent[message.n] = this.#record(message.n)
    else if (message.type === 'settled') this.#settle(message)
  }

  #record(n: number): SentRecord {
    const sentAt = performance.now()
    return { sender: this.node, n, sentAt, settledAt: null, position: null, code: null }
  }

  #settle({ n, position, code }: FromHub & { type: 'settled' }): void {
    const record = this.sent[n]
    if (record !== undefined) Object.assign(record, { settledAt: performance.now(), position, code })
  }
}
