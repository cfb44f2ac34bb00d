import { Buffer } from 'node:buffer'
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Refusal, refusalAnswer } from '@chat/core/transport'

/** Time that a refused peer has to read its answer, in milliseconds. */
const readTimeout = 1_000

/**
 * Ignores the errors of a socket. Node removes its own listeners from the socket of an upgrade, so a reset
 * would end the process.
 */
export function ignoreErrors(socket: Duplex): void {
  socket.on('error', ignore)
}

/** Answers an upgrade with a refusal and ends the connection. */
export function answerRefused(socket: Duplex, refusal: Refusal): void {
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
  // A socket that is destroyed with unread input is reset, and the peer may lose the answer: input is thrown
  // away for a while.
  socket.resume()
  const timer = setTimeout(() => socket.destroy(), readTimeout)
  socket.once('close', () => clearTimeout(timer))
}

const ignore = (): void => {}
