import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Answer } from '../answer.ts'

/** How long a client may take to read the end of its answer, in milliseconds. */
const patience = 5_000

/** Writes an answer. A stream is read no faster than the client takes it, and is cancelled when the client has gone. */
export async function send(
  answer: Answer | Promise<Answer>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.on('error', ignore)
  // A body that came together with its head is complete behind the turn in which the head was told.
  const { status, headers, body } = await answer
  const stream = typeof body === 'string' || body === null ? null : body
  // Something else may have answered while the body came, such as a framework's timeout.
  if (response.headersSent || response.destroyed || request.socket.destroyed) return cancel(stream)
  // What was not read must not be taken for the next request. Over HTTP/2 requests do not follow one another.
  const last = stream === null && !request.complete
  const ends = last && request.httpVersionMajor < 2
  response.writeHead(status, ends ? { ...headers, connection: 'close' } : headers)
  if (stream !== null) await pipe(stream.getReader(), response)
  else response.end(body)
  if (stream !== null || last) letGo(response)
}

async function pipe(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  response: ServerResponse,
): Promise<void> {
  response.once('close', () => void reader.cancel().catch(ignore))
  // Also while nobody takes what was written before: then nothing is read that could fail.
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
    // Said by `closed`.
  }
}

/** Resolves when there is room again, or never will be. */
function writable(response: ServerResponse): Promise<void> {
  if (response.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    const go = (): void => {
      response.off('drain', go)
      response.off('close', go)
      resolve()
    }
    response.on('drain', go)
    response.on('close', go)
  })
}

/** The last was said. A client that does not read it does not keep its socket. */
function letGo(response: ServerResponse): void {
  if (response.destroyed) return
  const timer = setTimeout(() => response.destroy(), patience)
  response.once('close', () => clearTimeout(timer))
}

function cancel(stream: ReadableStream<Uint8Array> | null): void {
  void stream?.cancel().catch(ignore)
}

const ignore = (): void => {}
