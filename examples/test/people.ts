import { Client, type ClientObservation } from '@chat/core'
import type { Dialer } from '@chat/core/transport'
import { dial as dialHttp } from '@chat/http/client'
import { dial as dialWebSocket } from '@chat/node-ws'

/** The transport of a client. */
export type TransportName = 'WebSocket' | 'HTTP'

/** A user of an example, with a client. */
export interface Person {
  readonly client: Client
  /** Received messages, oldest first: `address event data`. */
  readonly heard: readonly string[]
  /** Resolves once this message has arrived. */
  hears(what: string): Promise<void>
  /** Resolves with the code of the error that ended the connection for good. */
  readonly refused: Promise<string>
}

/** Credentials of a client. */
export interface Credentials {
  readonly token?: string
  readonly headers?: Record<string, string>
}

/** Users of an example, connected in the same way as its page. */
export class People {
  readonly #url: string
  readonly #identity: 'token' | 'session'
  readonly #transport: TransportName
  readonly #clients: Client[] = []

  constructor(url: string, identity: 'token' | 'session', transport: TransportName) {
    this.#url = url
    this.#identity = identity
    this.#transport = transport
  }

  /** Connects a user with good credentials. */
  async enter(name: string): Promise<Person> {
    return this.connect(await this.credentials(name))
  }

  /** Returns good credentials for a user. */
  async credentials(name: string): Promise<Credentials> {
    if (this.#identity === 'token') return { token: name }
    const { headers } = await fetch(`${this.#url}/login?user=${name}`, { redirect: 'manual' })
    const cookies = headers.getSetCookie().map((line) => line.split(';', 1)[0])
    return { headers: { cookie: cookies.join('; ') } }
  }

  /** Connects a client with the given credentials. */
  connect({ token, headers = {} }: Credentials): Person {
    const heard: string[] = []
    let news = (): void => {}
    const observe = (seen: ClientObservation): void => {
      if (seen.type !== 'message') return
      const { address, event, data } = seen
      heard.push(`${address} ${event} ${(data as { text: string }).text}`)
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
    if (this.#transport === 'HTTP') return dialHttp(url, { headers: { ...headers, origin: this.#url } })
    return dialWebSocket(url.replace('http', 'ws'), { headers, origin: this.#url })
  }

  leave(): void {
    for (const client of this.#clients.splice(0)) client.close()
  }
}

/** Resolves with the user's id once the hub knows the client. */
export async function known({ client }: Person): Promise<string | null> {
  if (client.status !== 'connected')
    await new Promise<void>((resolve) =>
      client.on('$status', ({ status }) => status === 'connected' && resolve()),
    )
  return client.user
}
