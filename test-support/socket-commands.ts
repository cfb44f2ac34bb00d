import { WebSocket } from 'ws'

interface Answer {
  readonly id?: number
  readonly type?: string
  readonly result?: unknown
  readonly error?: unknown
  readonly message?: string
}

/** Numbered commands over a WebSocket, each with one answer: what CDP and WebDriver BiDi have in common. */
export class SocketCommands {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #last = 0

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data) => {
      const answer: Answer = JSON.parse(String(data))
      if (answer.id === undefined) return
      this.#waiting.get(answer.id)?.(answer)
      this.#waiting.delete(answer.id)
    })
    socket.on('close', () => {
      for (const settle of this.#waiting.values())
        settle({ error: 'closed', message: 'the browser has gone' })
    })
  }

  static connect(url: string): Promise<SocketCommands> {
    const socket = new WebSocket(url, { maxPayload: 64 * 1024 * 1024 })
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve(new SocketCommands(socket)))
      socket.once('error', reject)
    })
  }

  send<T = unknown>(method: string, params: object = {}, sessionId?: string): Promise<T> {
    const id = ++this.#last
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ error, message, result }) => {
        if (error === undefined) resolve(result as T)
        else reject(new Error(`unable to ${method}: ${message ?? JSON.stringify(error)}`))
      })
      this.#socket.send(JSON.stringify({ id, method, params, sessionId }))
    })
  }

  close(): void {
    this.#socket.terminate()
  }
}
