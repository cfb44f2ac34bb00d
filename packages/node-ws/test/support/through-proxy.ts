import { type Client, type ClientStatus, Hub, type HubOptions, type Room, type Untyped } from '@chat/core'
import { onTestFinished } from 'vitest'
import { FaultProxy } from '../../../../test-support/fault-proxy.ts'
import { RuleProxy } from '../../../../test-support/rule-proxy.ts'
import { attach, type ConnectOptions, connect } from '../../src/index.ts'
import { fast } from './fast.ts'
import { startServer } from './server.ts'

/** A hub that listens, with what has connected to it. */
export interface TestNode {
  readonly hub: Hub
  readonly port: number
  /** Each connection, in order: its user, and whether it resumed its session. */
  readonly connects: { readonly user: string; readonly resumed: boolean }[]
  /** The close code of each connection that ended. */
  readonly codes: number[]
}

/** Starts a hub whose users are named by their tokens. */
export async function startNode(options: HubOptions = {}): Promise<TestNode> {
  const hub = new Hub({
    authenticate: ({ token }) => (token === null ? null : { id: token }),
    authorize: () => true,
    runtime: fast,
    // A busy machine is no dead connection: only the tests of silence are impatient.
    timeouts: { heartbeat: 29_000, grace: 29_000 },
    ...options,
  })
  const { server, port } = await startServer()
  attach(hub, server, { path: '/chat' })
  onTestFinished(() => hub.close({ deadline: 0 }))
  const node: TestNode = { hub, port, connects: [], codes: [] }
  hub.on('$connect', ({ session, resumed }) => node.connects.push({ user: session.user.id, resumed }))
  hub.on('$disconnect', ({ code }) => node.codes.push(code))
  return node
}

/** A hub, a proxy before it, and clients that reach it through the proxy alone. */
export async function throughProxy(options: HubOptions = {}) {
  const { runtime = fast } = options
  const node = await startNode(options)
  const proxy = await FaultProxy.start(node.port)
  onTestFinished(() => proxy.close())
  const enter = (token: string, more: Options = {}): Promise<Guest> =>
    Guest.enter(proxy.port, { token, runtime, ...more })
  /** Past the proxy. */
  const enterDirectly = (token: string): Promise<Guest> => Guest.enter(node.port, { token, runtime })
  return { ...node, proxy, enter, enterDirectly }
}

type Options = ConnectOptions<Untyped>

/** A hub, and clients that reach it through a proxy that may change what passes. */
export async function throughRules(options: HubOptions = {}) {
  const node = await startNode(options)
  const rules = await RuleProxy.start(`ws://127.0.0.1:${node.port}/chat`)
  onTestFinished(() => rules.close())
  const { runtime = fast } = options
  const enter = (token: string): Promise<Guest> => Guest.enter(rules.port, { token, runtime })
  return { ...node, rules, enter }
}

/** A client in the lobby, with everything it was told, in order. */
export class Guest {
  readonly client: Client
  readonly lobby: Room<Untyped>
  /** The data of the lobby's messages, and `gap: <reason>`. */
  readonly heard: unknown[] = []
  readonly statuses: ClientStatus[] = []
  /** Why each connection was lost. */
  readonly reasons: string[] = []
  readonly errors: string[] = []
  /** How long to wait for something at most, in milliseconds. */
  patience = 15_000
  readonly #looks = new Set<() => void>()

  constructor(url: string, options: Options) {
    this.client = connect(url, { runtime: fast, connectTimeout: 60_000, ...options })
    this.client.on('$status', ({ status, error }) =>
      this.#note(() => {
        this.statuses.push(status)
        if (error !== undefined) this.reasons.push(error.message)
      }),
    )
    this.client.on('$error', ({ error }) => this.#note(() => this.errors.push(String(error))))
    this.lobby = this.client.join('#lobby')
    this.lobby.on('say', (data) => this.#note(() => this.heard.push(data)))
    this.lobby.on('$gap', ({ reason }) => this.#note(() => this.heard.push(`gap: ${reason}`)))
    onTestFinished(() => this.client.close())
  }

  static async enter(port: number, options: Options): Promise<Guest> {
    const guest = new Guest(`ws://127.0.0.1:${port}/chat`, options)
    await guest.lobby.ready
    return guest
  }

  /** Sends to the lobby. Resolves with how that ended: `ok`, or the error's code. */
  say(data: unknown): Promise<string> {
    return this.client
      .to('#lobby')
      .send('say', data)
      .then(
        () => 'ok',
        ({ code }) => code,
      )
  }

  /** Waits until something is true of what it was told. */
  until(what: string, condition: (guest: this) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (!condition(this)) return
        this.#looks.delete(look)
        clearTimeout(late)
        resolve()
      }
      const { heard, statuses, reasons, errors } = this
      const late = setTimeout(
        () => reject(new Error(`no ${what}: ${JSON.stringify({ heard, statuses, reasons, errors })}`)),
        this.patience,
      )
      this.#looks.add(look)
      look()
    })
  }

  /** Waits until so much was heard, and gives it. */
  async hears(count: number): Promise<unknown[]> {
    await this.until(`${count} messages`, ({ heard }) => heard.length >= count)
    return this.heard
  }

  /** Waits until a status is reached, counted from the first. */
  reaches(status: ClientStatus): Promise<void> {
    return this.until(status, ({ client }) => client.status === status)
  }

  #note(happened: () => void): void {
    happened()
    for (const look of [...this.#looks]) look()
  }
}

/** Timeouts with which silence is noticed within a second, at the pace of the tests. */
export const impatient = { heartbeat: 10_000, grace: 5_000 }

/** The numbers from 0 on. */
export const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
