import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { Credentials, TransportName } from './people.ts'

/** A connected client without the SDK. */
export interface Plain {
  /** Received frames. */
  readonly frames: readonly string[]
  /** Resolves with the close code when the connection ends. */
  readonly closed: Promise<number>
}

/** Sends `hello` to the hub at a URL, and waits for the answer. */
export const greet: Readonly<
  Record<TransportName, (url: string, credentials: Credentials) => Promise<Plain>>
> = {
  async WebSocket(url, { token, headers = {} }) {
    const socket = new WebSocket(url.replace('http', 'ws'), { headers })
    const frames: string[] = []
    socket.on('message', (data) => frames.push(...String(data).split('\n')))
    await once(socket, 'open')
    socket.send(hello(token))
    await once(socket, 'message')
    return { frames, closed: once(socket, 'close').then(([code]: number[]) => code ?? 0) }
  },

  async HTTP(url, { token, headers = {} }) {
    const { body } = await fetch(url, { headers: { ...headers, accept: 'text/event-stream' } })
    if (body === null) throw new Error('there is no stream')
    const frames: string[] = []
    const events = eventsOf(body)
    const opened = await events.next()
    const { status } = await fetch(url, {
      method: 'POST',
      headers: {
        ...headers,
        'content-type': 'application/json',
        'chat-connection': dataOf(opened.value ?? '').join(),
        'chat-seq': '1',
      },
      body: hello(token),
    })
    if (status !== 204) throw new Error(`the hub answered ${status}`)
    frames.push(...dataOf((await events.next()).value ?? ''))
    const readAll = async (): Promise<number> => {
      let code = 0
      for await (const event of events) {
        if (event.startsWith('event: close')) code = JSON.parse(dataOf(event).join())[0]
        else frames.push(...dataOf(event))
      }
      return code
    }
    return { frames, closed: readAll() }
  },
}

const hello = (token: string | undefined): string => JSON.stringify(['hello', { v: [1, 1], token }])

function dataOf(event: string): string[] {
  return [...event.matchAll(/^data: ?(.*)$/gm)].map(([, line = '']) => line)
}

/** Yields the events of a stream as they arrive, without comments. */
async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  let rest = ''
  const decoder = new TextDecoder()
  for await (const piece of body) {
    const events = (rest + decoder.decode(piece, { stream: true })).split('\n\n')
    rest = events.pop() ?? ''
    yield* events.filter((event) => /^data:/m.test(event))
  }
}
