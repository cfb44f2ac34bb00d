import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { HubState } from './contract.ts'

const program = fileURLToPath(new URL('hub.ts', import.meta.url))
/** Time from the end of one restart to the start of the next, in milliseconds. */
const pause = 2_000

/** A hub in a process of its own. */
class HubProcess {
  readonly #arguments: readonly string[]
  #child: ChildProcess | null = null
  #state: HubState

  constructor(name: string, port: number, redis: string) {
    this.#arguments = [name, String(port), redis]
    this.#state = { name, status: 'stopped', restarts: 0, clients: 0 }
  }

  get state(): HubState {
    return this.#state
  }

  /** Starts the process, and resolves when it listens. */
  async start(onRestart: () => void): Promise<void> {
    this.#set({ status: 'starting' })
    const child = fork(program, this.#arguments, { detached: true })
    this.#child = child
    const ended = once(child, 'exit').then(() => {
      this.#set({ status: 'stopped', clients: 0 })
      throw new Error(`unable to start the cluster: hub ${this.#state.name} has ended`)
    })
    ended.catch(() => {})
    const running = new Promise<void>((resolve) =>
      child.on('message', (message: 'running' | 'restart' | { clients: number }) => {
        if (message === 'running') resolve()
        else if (message === 'restart') onRestart()
        else this.#set(message)
      }),
    )
    await Promise.race([running, ended])
    this.#set({ status: 'running' })
  }

  /** Ends the process as a deploy does: it drains. Resolves when it has ended. */
  async stop(): Promise<void> {
    const child = this.#child
    if (child === null || child.exitCode !== null) return
    this.#set({ status: 'draining' })
    child.kill('SIGTERM')
    await once(child, 'exit')
  }

  /** Ends the process, and starts it again. */
  async restart(onRestart: () => void): Promise<void> {
    await this.stop()
    this.#set({ restarts: this.#state.restarts + 1 })
    await this.start(onRestart)
  }

  #set(change: Partial<HubState>): void {
    this.#state = { ...this.#state, ...change }
  }
}

/** The hubs of the cluster. */
export class Hubs {
  readonly #hubs: readonly HubProcess[]
  #restarting = false

  constructor(places: readonly { readonly name: string; readonly port: number }[], redis: string) {
    this.#hubs = places.map(({ name, port }) => new HubProcess(name, port, redis))
  }

  get states(): HubState[] {
    return this.#hubs.map(({ state }) => state)
  }

  /** Starts all hubs, and resolves when they listen. */
  async start(): Promise<void> {
    await Promise.all(this.#hubs.map((hub) => hub.start(this.restart)))
  }

  /** Restarts the hubs one after the other, as a rolling deploy does. A second call while it runs is ignored. */
  readonly restart = async (): Promise<void> => {
    if (this.#restarting) return
    this.#restarting = true
    for (const hub of this.#hubs) {
      await hub.restart(this.restart)
      await new Promise((over) => setTimeout(over, pause))
    }
    this.#restarting = false
  }

  async stop(): Promise<void> {
    await Promise.all(this.#hubs.map((hub) => hub.stop()))
  }
}
