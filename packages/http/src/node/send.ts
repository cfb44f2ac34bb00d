import type { IncomingMessage, ServerResponse } from 'node:http'
import { UsageError } from '@chat/core'
import { describe } from '@chat/core/transport'
import type { Answer } from '../answer.ts'

/** Time that a client has to read the end of its answer, in milliseconds. */
const readTimeout = 5_000

/**
 * Refuses a response of another kind, such as a framework's own, at which the answer would fail.
 *
 * @throws UsageError that names the value.
 */
export function checkResponse(response: ServerResponse): void {
  if (typeof response?.writeHead !== 'function')
    throw new UsageError(
      `unable to answer the request: give the response of node:http, such as reply.raw of Fastify or ctx.res of Koa, and not ${describe(response)}`,
    )
}

/**
 * Writes an answer. A stream is read no faster than the client takes it, and is cancelled when the client has
 * gone.
 */
export async function send(
  answer: Answer | Promise<Answer>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.on('error', ignore)
  // A body that arrived together with its head is complete only after the turn in which the head was
  // reported.
  const { status, headers, body } = await answer
  const stream = typeof body === 'string' || body === null ? null : body
  // The request may have been answered while its body arrived, for example by a framework's timeout.
  if (response.headersSent || isGone(response) || request.socket.destroyed) return cancel(stream)
  // The unread rest of a body must not be taken for the next request. Over HTTP/2 requests do not follow one
  // another.
  const last = stream === null && !request.complete
  const ends = last && request.httpVersionMajor < 2
  response.writeHead(status, ends ? { ...headers, connection: 'close' } : headers)
  if (stream !== null) await pipe(stream.getReader(), response)
  else response.end(body)
  if (stream !== null || last) destroyLater(response)
}

async function pipe(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  response: ServerResponse,
): Promise<void> {
  response.once('close', () => void reader.cancel().catch(ignore))
  // A stream may fail while the client takes no bytes and this function reads no chunk.
  reader.closed.catch(() => response.destroy())
  response.flushHeaders()
  try {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) break
      if (!response.write(value)) await writable(response)
    }
    response.end()
  } catch {
    // `closed` reports the failure.
  }
}

/** Resolves when the response can be written again, or has closed. */
function writable(response: ServerResponse): Promise<void> {
  if (isGone(response)) return Promise.resolve()
  return new Promise((resolve) => {
    const finish = (): void => {
      response.off('drain', finish)
      response.off('close', finish)
      resolve()
    }
    response.on('drain', finish)
    response.on('close', finish)
  })
}

/** Destroys the response of a client that does not read its end, so that it does not keep the socket. */
function destroyLater(response: ServerResponse): void {
  if (isGone(response)) return
  const timer = setTimeout(() => response.destroy(), readTimeout)
  response.once('close', () => clearTimeout(timer))
}

/**
 * True if a response has closed. A response of HTTP/2 has no `destroyed`, and no `close` follows once its stream
 * is destroyed.
 */
export function isGone(response: ServerResponse): boolean {
  const { stream } = response as ServerResponse & { readonly stream?: { readonly destroyed: boolean } }
  return response.destroyed || stream?.destroyed === true
}

function cancel(stream: ReadableStream<Uint8Array> | null): void {
  void stream?.cancel().catch(ignore)
}

const ignore = (): void => {}
