import type { Client, ClientStatus } from '@chat/core'
import { connect } from '@chat/node-ws'
import { WebSocket } from 'ws'
import { FaultProxy } from './fault-proxy.ts'

/** A case of behaviour that users of a server see. It is the same in every runtime. */
export interface EverydayCase {
  readonly name: string
  /** `true` when the case needs a server that knows the number of bytes that wait for a slow reader. */
  readonly backpressure?: true
  run(hub: CaseHub): Promise<void>
}

/** A hub of the server that belongs to one case, and the clients of that hub. */
export class CaseHub {
  readonly #port: number
  readonly #path: string
  readonly #guests: { close(): unknown }[] = []

  constructor(port: number, name: string) {
    this.#port = port
    this.#path = `/everyday/${name}`
  }

  url(user: string, port: number = this.#port): string {
    return `ws://127.0.0.1:${port}${this.#path}/${user}`
  }

  /** Connects a user. Default for `token`: the name of the user. */
  client(user: string, { token = user, port = this.#port, ...options } = {} as EnterOptions): Client {
    const client = connect(this.url(user, port), { token, ...options })
    this.#guests.push(client)
    return client
  }

  /** Connects a user, and waits until the client is connected. */
  async enter(user: string, options?: EnterOptions): Promise<Client> {
    const client = this.client(user, options)
    await reaches(client, 'connected')
    return client
  }

  /** Opens a plain WebSocket, sends `hello`, and waits for the answer. The test can then pause the socket. */
  async socket(user: string): Promise<WebSocket> {
    const socket = new WebSocket(this.url(user), { perMessageDeflate: false })
    this.#guests.push({ close: () => socket.terminate() })
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    socket.send(`["hello",{"v":[1,1],"token":"${user}","streams":{"#busy":null}}]`)
    await new Promise((resolve) => socket.once('message', resolve))
    return socket
  }

  /** Starts a proxy in front of the server. */
  async proxy(): Promise<FaultProxy> {
    const proxy = await FaultProxy.start(this.#port)
    this.#guests.push(proxy)
    return proxy
  }

  /** Resolves with the server's answer to an upgrade. */
  upgrade(path: string, headers: Record<string, string> = {}): Promise<{ status: number; protocol: string }> {
    return new Promise((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${this.#port}${path}`, ['x.v9', 'chat.v1.json'], {
        headers,
      })
      socket.on('error', () => {})
      socket.on('unexpected-response', (_, { statusCode = 0 }) => {
        resolve({ status: statusCode, protocol: '' })
        socket.terminate()
      })
      socket.on('open', () => {
        resolve({ status: 101, protocol: socket.protocol })
        socket.terminate()
      })
    })
  }

  /** Returns the path at which a user connects to this hub. */
  path(user: string): string {
    return `${this.#path}/${user}`
  }

  fetch(path: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.#port}${path}`)
  }

  async leave(): Promise<void> {
    for (const guest of this.#guests) await guest.close()
  }
}

interface EnterOptions {
  readonly token?: string
  readonly port?: number
  readonly headers?: Readonly<Record<string, string>>
}

/** Waits for a status, and resolves with the error that came with it. */
export function reaches(client: Client, wanted: ClientStatus): Promise<unknown> {
  return new Promise((resolve, reject) => {
    if (client.status === wanted) return resolve(undefined)
    client.on('$status', ({ status, error }) => {
      if (status === wanted) resolve(error)
      else if (status === 'closed') reject(error)
    })
  })
}

/** Resolves with the data of `say` events, once `count` of them have arrived. */
export function hears(
  from: { on(event: string, listener: (data: unknown) => void): unknown },
  count: number,
): Promise<unknown[]> {
  const heard: unknown[] = []
  return new Promise((resolve) => {
    from.on('say', (data) => {
      heard.push(data)
      if (heard.length === count) resolve(heard)
    })
  })
}

/** Compares two values as JSON. @throws Error when they differ. */
export function equal(actual: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (a !== b) throw new Error(`expected ${b}, got ${a}`)
}
