import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { within } from '../brokers/until.ts'
import { bundlePath } from '../bundle-program.ts'

/** Time in which a program answers, in milliseconds: generous, for a process that is under attack. */
const patience = 60_000

/** A program of this folder in a process of its own, which ends with this process. */
export class Program<Told extends { readonly type: string }, Asked> {
  readonly #name: string
  readonly #child: ChildProcess
  #output = ''
  #ended: string | null = null

  constructor(name: string, args: readonly string[], flags: readonly string[] = []) {
    this.#name = name
    this.#child = fork(bundlePath('hostile', name), [...args], {
      execArgv: ['--enable-source-maps', ...flags],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (text: Buffer) => {
        this.#output = (this.#output + String(text)).slice(-20_000)
      })
    this.#child.once('exit', (code, signal) => {
      this.#ended = `the process of ${name} has ended with ${signal ?? code}:\n${this.#output}`
    })
  }

  /** `true` while the process lives. */
  get running(): boolean {
    return this.#ended === null
  }

  /**
   * Sends a command, and resolves with its answer.
   *
   * @throws Error when the process has ended, or does not answer.
   */
  ask<T extends Told['type']>(type: T, command?: Asked): Promise<Extract<Told, { type: T }>> {
    const answer = new Promise<Extract<Told, { type: T }>>((resolve, reject) => {
      const fail = (): void => reject(new Error(this.#ended ?? `${this.#name} has no answer`))
      if (!this.running) return fail()
      this.#child.once('close', fail)
      const take = (message: unknown): void => {
        if ((message as Told).type !== type) return
        this.#child.off('message', take)
        this.#child.off('close', fail)
        resolve(message as Extract<Told, { type: T }>)
      }
      this.#child.on('message', take)
      if (command !== undefined) this.tell(command)
    })
    return within(`an answer of ${this.#name}`, answer, patience)
  }

  /** Sends a command. */
  tell(command: Asked): void {
    if (this.#child.connected) this.#child.send(command as object)
  }

  /** Ends the process. */
  async end(): Promise<void> {
    if (!this.running) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }
}
