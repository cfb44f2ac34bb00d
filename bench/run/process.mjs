import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const runtimes = {
  node: process.execPath,
  bun: fileURLToPath(new URL('../node_modules/.bin/bun', import.meta.url)),
}

/** A program of the bench in a process of its own, which answers requests. */
export class Program {
  #child
  #waiting = new Map()
  #id = 0

  /** Starts a program of `programs/` in Node or Bun, on the processors `cpus` when given. */
  static async start(name, { cpus = null, runtime = 'node' } = {}) {
    const path = fileURLToPath(new URL(`../programs/${name}.mjs`, import.meta.url))
    const all = [runtimes[runtime], path]
    const [command, ...args] = cpus === null ? all : ['taskset', '-c', cpus, ...all]
    const program = new Program(
      spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: environment() }),
      name,
    )
    await program.#ready
    return program
  }

  #ready
  #name

  constructor(child, name) {
    this.#child = child
    this.#name = name
    this.#ready = new Promise((resolve, reject) => {
      child.on('message', ({ ready, id, result, error }) => {
        if (ready) return resolve()
        const { done, failed } = this.#waiting.get(id)
        this.#waiting.delete(id)
        if (error === undefined) done(result)
        else failed(new Error(error))
      })
      const end = (reason) => {
        const error = new Error(`unable to run the program '${name}': ${reason}`)
        reject(error)
        for (const { failed } of this.#waiting.values()) failed(error)
        this.#waiting.clear()
      }
      child.on('error', (error) => end(error.message))
      child.on('exit', (code, signal) => end(`it ended with ${code ?? signal}`))
    })
  }

  /** Requests an answer. */
  request(name, input = null) {
    const id = ++this.#id
    return new Promise((done, failed) => {
      if (!this.#child.connected) return failed(new Error(`unable to ask '${this.#name}': it has ended`))
      this.#waiting.set(id, { done, failed })
      this.#child.send({ id, name, input })
    })
  }

  /** Ends the program, and waits for its end. */
  async end() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    if (this.#child.connected) this.#child.disconnect()
    await ended
  }
}

/** Without NODE_OPTIONS, so that a debugger or a hook of the shell does not run in the nodes. */
const environment = () => ({ ...process.env, NODE_OPTIONS: '', NODE_ENV: 'production' })
