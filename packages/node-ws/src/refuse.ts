import { Buffer } from 'node:buffer'
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Refusal, refusalAnswer } from '@chat/core/transport'

/** How long a refused peer may take to read its answer, in milliseconds. */
const patience = 1_000

/** Once a request is an upgrade, Node has taken its own listeners off: a reset would end the process. */
export function ignoreErrors(socket: Duplex): void {
  socket.on('error', ignore)
}

/** Answers an upgrade with an HTTP response and ends the connection. */
export function refuse(socket: Duplex, refusal: Refusal): void {
  ignoreErrors(socket)
  const { status } = refusal
  const { body, headers } = refusalAnswer(refusal)
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ]
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`)
  // A socket destroyed with unread input is reset, and the peer may lose the answer: what still comes is thrown away for a while.
  socket.resume()
  const timer = setTimeout(() => socket.destroy(), patience)
  socket.once('close', () => clearTimeout(timer))
}

const ignore = (): void => {}
