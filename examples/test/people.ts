import { Client, type Message } from '@chat/core'
import type { Dialer } from '@chat/core/transport'
import { dial as dialHttp } from '@chat/http/client'
import { dial as dialWebSocket } from '@chat/node-ws'

/** What carries a client's words. */
export type Way = 'WebSocket' | 'HTTP'

/** Somebody at one of the examples. */
export interface Person {
  readonly client: Client
  /** What came, oldest first: `address event data`. */
  readonly heard: readonly string[]
  /** Resolves once something of this kind has come. */
  hears(what: string): Promise<void>
  /** Resolves with the code that ended the connection for good. */
  readonly refused: Promise<string>
}

/** What a client has to show. */
export interface Credentials {
  readonly token?: string
  readonly headers?: Record<string, string>
}

/** Whoever is at an example, connected as its page would. */
export class People {
  readonly #url: string
  readonly #identity: 'token' | 'session'
  readonly #way: Way
  readonly #clients: Client[] = []

  constructor(url: string, identity: 'token' | 'session', way: Way) {
    this.#url = url
    this.#identity = identity
    this.#way = way
  }

  /** Somebody who is let in. */
  async enter(name: string): Promise<Person> {
    return this.connect(await this.credentials(name))
  }

  /** What lets somebody in. */
  async credentials(name: string): Promise<Credentials> {
    if (this.#identity === 'token') return { token: name }
    const { headers } = await fetch(`${this.#url}/login?user=${name}`, { redirect: 'manual' })
    const cookies = headers.getSetCookie().map((line) => line.split(';', 1)[0])
    return { headers: { cookie: cookies.join('; ') } }
  }

  /** Somebody with whatever credentials. */
  connect({ token, headers = {} }: Credentials): Person {
    const heard: string[] = []
    let news = (): void => {}
    const observe = (seen: object): void => {
      if (!('event' in seen)) return
      const { address, event, data } = seen as Message<{ text: string }>
      heard.push(`${address} ${event} ${data.text}`)
      news()
    }
    const client = new Client({
      dial: this.#dialer(headers),
      observe,
      ...(token === undefined ? {} : { token }),
    })
    this.#clients.push(client)
    const refused = new Promise<string>((resolve) =>
      client.on('$status', ({ status, error }) => status === 'closed' && resolve(error?.code ?? 'closed')),
    )
    const hears = async (what: string): Promise<void> => {
      while (!heard.includes(what))
        await new Promise<void>((resolve) => {
          news = resolve
        })
    }
    return { client, heard, hears, refused }
  }

  #dialer(headers: Record<string, string>): Dialer {
    const url = `${this.#url}/chat`
    if (this.#way === 'HTTP') return dialHttp(url, { headers: { ...headers, origin: this.#url } })
    return dialWebSocket(url.replace('http', 'ws'), { headers, origin: this.#url })
  }

  leave(): void {
    for (const client of this.#clients.splice(0)) client.close()
  }
}

/** Resolves once a client is known to the hub, with who it is. */
export async function known({ client }: Person): Promise<string | null> {
  if (client.status !== 'connected')
    await new Promise<void>((resolve) =>
      client.on('$status', ({ status }) => status === 'connected' && resolve()),
    )
  return client.user
}
