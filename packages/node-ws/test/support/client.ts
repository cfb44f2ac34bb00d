import { once } from 'node:events'
import { onTestFinished } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'

/** A client of `ws` that records received frames. */
export interface TestClient {
  readonly ws: WebSocket
  /** Resolves with the next unread message. */
  next(): Promise<string>
  /** Reads frames up to a frame of this type, and resolves with that frame. */
  until(type: string): Promise<unknown[]>
  send(...frame: unknown[]): void
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
}

/** Opens a WebSocket. Rejects with the error when it cannot be opened. */
export async function openClient(
  url: string,
  options: ClientOptions & { protocols?: string[] } = {},
): Promise<TestClient> {
  const { protocols = [], ...rest } = options
  const ws = new WebSocket(url, protocols, { perMessageDeflate: false, ...rest })
  const messages: string[] = []
  let wake: () => void = () => {}
  ws.on('message', (data) => {
    messages.push(String(data))
    wake()
  })
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    ws.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })
  onTestFinished(() => ws.terminate())
  await once(ws, 'open')
  ws.on('error', () => {})
  const next = async (): Promise<string> => {
    for (;;) {
      const message = messages.shift()
      if (message !== undefined) return message
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  const until = async (type: string): Promise<unknown[]> => {
    for (;;) {
      for (const line of (await next()).split('\n')) {
        const frame: unknown[] = JSON.parse(line)
        if (frame[0] === type) return frame
      }
    }
  }
  return { ws, next, until, closed, send: (...frame) => ws.send(JSON.stringify(frame)) }
}

/** Opens a WebSocket, sends `hello`, and waits for `welcome`. */
export async function welcomed(url: string, token: string, options: ClientOptions = {}): Promise<TestClient> {
  const client = await openClient(url, options)
  client.send('hello', { v: [1, 1], token })
  await client.until('welcome')
  return client
}

/** Resolves with the status of the answer to a refused upgrade. */
export function refusalOf(url: string, options: ClientOptions = {}): Promise<number> {
  const ws = new WebSocket(url, options)
  ws.on('error', () => {})
  return new Promise((resolve, reject) => {
    ws.on('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0)
      ws.terminate()
    })
    ws.on('open', () => {
      ws.terminate()
      reject(new Error('the upgrade was not refused'))
    })
  })
}
