import { ChatError, type Runtime } from '@chat/core'
import type { Argument, Connection } from './connection.ts'
import { FreshIds } from './fresh-ids.ts'
import type { Script } from './scripts/script.ts'

/** Properties of a server that scripts depend on. */
export interface ServerTraits {
  /** Commands for publishing: `SPUBLISH` in a cluster with sharded channels. */
  readonly publishCommand: 'publish' | 'spublish'
  /** `true` when scripts may ask the server for the time. */
  readonly hasClock: boolean
  /** Replicas that must have a message, and the time to wait for them, in milliseconds. */
  readonly wait: { readonly replicas: number; readonly timeout: number } | null
}

/** The server, or the cluster, as the stores use it. */
export class Server {
  readonly #connection: Connection
  readonly #runtime: Runtime
  readonly #traits: ServerTraits
  /** Ids for what a script may have to make. */
  readonly ids: FreshIds

  constructor(connection: Connection, runtime: Runtime, traits: ServerTraits) {
    this.#connection = connection
    this.#runtime = runtime
    this.#traits = traits
    this.ids = new FreshIds(runtime)
  }

  get publishCommand(): string {
    return this.#traits.publishCommand
  }

  /** `true` when appends wait for replicas. */
  get waits(): boolean {
    return this.#traits.wait !== null
  }

  /** The time for a script; empty when the script asks the server. */
  clock(): string {
    return this.#traits.hasClock ? '' : String(this.#runtime.wallTime())
  }

  run(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    return this.#connection.run(script, keys, args)
  }

  call(command: string, ...args: readonly Argument[]): Promise<unknown> {
    return this.#connection.call(command, ...args)
  }

  /**
   * Runs a script that stores, and waits for the replicas.
   *
   * @throws ChatError `unavailable` when too few replicas have it in time: it may be stored.
   */
  store(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    const { wait } = this.#traits
    return wait === null
      ? this.run(script, keys, args)
      : this.#replicated(() => this.run(script, keys, args), wait)
  }

  async #replicated(
    store: () => Promise<unknown>,
    { replicas: wanted, timeout }: { readonly replicas: number; readonly timeout: number },
  ): Promise<unknown> {
    const [reply, replicas] = await Promise.all([store(), this.call('wait', wanted, timeout)])
    if (Number(replicas) >= wanted) return reply
    throw new ChatError(
      'unavailable',
      `unable to store: ${replicas} of ${wanted} replicas have the message after ${timeout} ms`,
    )
  }
}
