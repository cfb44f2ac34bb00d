import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Processes that must not survive this process, also when a test run is interrupted. */
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Maximum time until a server says that it is ready, in milliseconds. */
const startTime = 20_000
/** Number of characters of the output that an error quotes. */
const quoted = 2_000

/** The way to start a server. */
export interface BrokerCommand {
  readonly program: string
  readonly args: readonly string[]
  /** Text of the output by which the server says that it accepts connections. */
  readonly ready: RegExp
  /** Variables of the environment, besides those of this process. Default: none. */
  readonly env?: Readonly<Record<string, string>>
}

/** A server in a process of its own, which tests kill, stop and start again. */
export class BrokerProcess {
  readonly #command: BrokerCommand
  #child: ChildProcess | null = null
  #output = ''

  private constructor(command: BrokerCommand) {
    this.#command = command
  }

  /** Starts a server, and resolves when it accepts connections. */
  static async start(command: BrokerCommand): Promise<BrokerProcess> {
    const started = new BrokerProcess(command)
    await started.start()
    return started
  }

  /** The last lines of the output, for errors. */
  get output(): string {
    return this.#output.slice(-quoted)
  }

  /** `true` while the process exists. */
  get running(): boolean {
    return this.#child !== null
  }

  /** Starts the server again after it has ended. */
  async start(): Promise<void> {
    const { program, args, env } = this.#command
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
    this.#child = child
    this.#output = ''
    running.add(child)
    child.once('exit', () => {
      running.delete(child)
      if (this.#child === child) this.#child = null
    })
    await this.#ready(child)
  }

  /** Ends the process with a signal, and resolves when it has ended. Default: `SIGKILL`. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child
    if (child === null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }

  /** Stops the process without ending it: its sockets stay open, and it does not answer. */
  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  /** Lets a stopped process continue. */
  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  #ready(child: ChildProcess): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (reason: string): void => {
        clearTimeout(late)
        reject(new Error(`unable to start ${this.#command.program}: ${reason}\n${this.output}`))
      }
      const late = setTimeout(() => {
        child.kill('SIGKILL')
        fail(`not ready after ${startTime} ms`)
      }, startTime)
      const read = (text: Buffer): void => {
        this.#output = (this.#output + String(text)).slice(-2 * quoted)
        if (!this.#command.ready.test(this.#output)) return
        clearTimeout(late)
        resolve()
      }
      child.stdout?.on('data', read)
      child.stderr?.on('data', read)
      child.once('error', ({ message }) => fail(message))
      child.once('exit', (code, signal) => fail(`ended with ${signal ?? code}`))
    })
  }
}

/** Returns a new temporary folder. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'chat-broker-'))
}

/** Removes a folder that {@link temporaryFolder} has made. */
export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}

/** Returns `true` when a program is installed on this machine. */
export function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined
}
