import { ChatError, type Runtime } from '@chat/core'
import type { RedisClient, RedisClusterClient } from './client.ts'
import { isLoss, isMissingScript, toChatError } from './errors.ts'
import { scripts } from './scripts/all.ts'
import type { Script } from './scripts/script.ts'

/** Called when a connection was lost, or may have been. */
type OnLoss = () => void

/** A number or a text that is sent to the server. */
export type Argument = string | number

/**
 * The connection for commands, or the connections to the nodes of a cluster. Scripts are loaded before the
 * first command. A command fails at once when there is no connection: hubs repeat it.
 */
export class Connection {
  readonly #client: RedisClient
  readonly #cluster: RedisClusterClient | null
  readonly #onLoss: OnLoss
  readonly #runtime: Runtime
  /** The sockets of connections that were ended here. */
  readonly #leaving = new WeakSet<object>()
  #corked = false
  #up = false
  #closed = false
  #open = 0
  #drained: (() => void) | null = null
  /** The last error of the connection, for the error of the start. */
  lastError: unknown = null

  constructor(
    client: { readonly single: RedisClient } | { readonly cluster: RedisClusterClient },
    runtime: Runtime,
    onLoss: OnLoss,
  ) {
    this.#runtime = runtime
    this.#cluster = 'cluster' in client ? client.cluster : null
    this.#client = 'cluster' in client ? client.cluster : client.single
    this.#onLoss = onLoss
    this.#client.on('error', (error) => {
      this.lastError = error
    })
    this.#client.on('ready', () => this.#ready())
    for (const event of ['close', 'end']) this.#client.on(event, () => this.#lost())
    this.#cluster?.on('node error', (error) => {
      this.lastError = error
    })
    this.#cluster?.on('+node', (node) => loadInto(node as RedisClient))
    this.#cluster?.on('-node', () => this.#onLoss())
  }

  /** `true` while commands are possible. */
  get up(): boolean {
    return this.#up
  }

  /** Connects, and loads the scripts; rejects when the first attempt fails. */
  async connect(): Promise<void> {
    await this.#client.connect()
    for (const node of this.#nodes()) await Promise.all(scripts.map(({ lua }) => load(node, lua)))
    this.#up = true
  }

  /** Runs a script. */
  run(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    return this.#send(script.name, 'evalsha', [script.sha, keys.length, ...keys, ...args])
  }

  /** Sends a command. */
  call(command: string, ...args: readonly Argument[]): Promise<unknown> {
    return this.#send(command, command, args)
  }

  /** Resolves when the server answers, or each primary of the cluster. Makes connections anew that do not. */
  async probe(): Promise<void> {
    // A client that asks the sentinels ends for good when they name a new primary meanwhile.
    if (this.#client.status === 'end' && !this.#closed) this.#client.connect().catch(noop)
    await this.#track('ping', () => Promise.all(this.#nodes().map((node) => this.#ping(node))))
  }

  /** Connects anew: what is open fails. */
  reset(): void {
    if (this.#closed) return
    if (this.#cluster === null) this.#client.disconnect(true)
    else
      for (const node of this.#nodes())
        void Promise.all(scripts.map(({ lua }) => load(node, lua))).catch(noop)
  }

  /** Closes the connection when the open commands are answered. */
  async close(): Promise<void> {
    if (this.#open > 0)
      await new Promise<void>((resolve) => {
        this.#drained = resolve
      })
    this.end()
  }

  /** Closes the connection at once. */
  end(): void {
    this.#closed = true
    this.#up = false
    this.#client.disconnect()
  }

  #send(operation: string, command: string, args: readonly Argument[]): Promise<unknown> {
    return this.#track(operation, () => {
      this.#cork()
      return this.#client.call(command, ...args)
    })
  }

  #track(operation: string, send: () => Promise<unknown>): Promise<unknown> {
    if (!this.#up) return Promise.reject(unreachable(operation, this.#closed))
    this.#open++
    return send().then(this.#answered, (error: unknown) => {
      this.#answered(null)
      this.#failed(error)
      throw toChatError(`run '${operation}'`, error)
    })
  }

  readonly #answered = (reply: unknown): unknown => {
    if (--this.#open === 0) this.#drained?.()
    return reply
  }

  /** The commands of a turn are one write to each socket. */
  #cork(): void {
    if (this.#corked) return
    this.#corked = true
    const streams = this.#nodes().map((node) => node.stream)
    for (const stream of streams) stream?.cork?.()
    this.#runtime.defer(() => {
      this.#corked = false
      for (const stream of streams) stream?.uncork?.()
    })
  }

  async #ping(node: RedisClient): Promise<void> {
    try {
      await node.call('ping')
    } catch (error) {
      // A connection that does not answer may be dead without being closed. A cluster makes another.
      if (node.status === 'ready' && !this.#closed) this.#leave(node)
      throw error
    }
  }

  /** Ends the connection to a node, once: it may take seconds to close, and more pings fail meanwhile. */
  #leave(node: RedisClient): void {
    const { stream = null } = node
    if (stream !== null) {
      if (this.#leaving.has(stream)) return
      this.#leaving.add(stream)
    }
    node.disconnect(this.#cluster === null)
  }

  #failed(error: unknown): void {
    if (this.#closed) return
    // The server has lost its scripts, so calls behind this one fail, too, and later ones would overtake them.
    if (isMissingScript(error)) this.reset()
    if (isLoss(error)) this.#onLoss()
  }

  #ready(): void {
    if (this.#closed) return
    // Commands are written in the order of the calls, so the scripts are there before the first of them.
    if (this.#cluster === null) loadInto(this.#client)
    this.#up = true
  }

  #lost(): void {
    if (this.#closed || !this.#up) return
    this.#up = false
    this.#onLoss()
  }

  #nodes(): readonly RedisClient[] {
    return this.#cluster?.nodes('master') ?? [this.#client]
  }
}

const noop = (): void => {}

function unreachable(operation: string, closed: boolean): ChatError {
  const reason = closed ? 'the backplane is closed' : 'there is no connection to the server'
  return new ChatError('unavailable', `unable to run '${operation}': ${reason}`)
}

const load = (client: RedisClient, lua: string): Promise<unknown> => client.call('script', 'LOAD', lua)

/** Sends the scripts without waiting. A replica needs none: it gets no command. */
function loadInto(client: RedisClient): void {
  const { options } = client as { options?: { readOnly?: unknown } }
  if (options?.readOnly === true) return
  for (const { lua } of scripts) load(client, lua).catch(noop)
}
