import { Buffer } from 'node:buffer'
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'

/** An upgrade that is not made, and why. */
export interface Refusal {
  /** The HTTP status. */
  readonly status: 400 | 403 | 404 | 500 | 503
  /** For the one who reads the answer: says nothing of the inside. */
  readonly message: string
  /** Further headers of the answer. */
  readonly headers?: Readonly<Record<string, string>>
  /** What was thrown by the application's own code, if that is why. */
  readonly error?: unknown
}

/** How long a refused peer may take to read its answer, in milliseconds. */
const patience = 1_000

/** Once a request is an upgrade, Node has taken its own listeners off: a reset would end the process. */
export function ignoreErrors(socket: Duplex): void {
  socket.on('error', ignore)
}

/** Answers an upgrade with an HTTP response and ends the connection. */
export function refuse(socket: Duplex, { status, message, headers }: Refusal): void {
  ignoreErrors(socket)
  const body = `${message}\n`
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'X-Content-Type-Options: nosniff',
    ...Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}`),
  ]
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`)
  // A socket destroyed with unread input is reset, and the peer may lose the answer: what still comes is thrown away for a while.
  socket.resume()
  const timer = setTimeout(() => socket.destroy(), patience)
  socket.once('close', () => clearTimeout(timer))
}

const ignore = (): void => {}
