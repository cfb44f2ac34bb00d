import type { IncomingMessage } from 'node:http'
import type { Body } from '../body.ts'

/**
 * Express and Koa keep the whole target here when they pass on a part of it. Requests of HTTP/2 have all
 * members that are used.
 */
export type ServerRequest = IncomingMessage & { readonly originalUrl?: string }

/** Returns the body of a request; `null` when it was read before. */
export function bodyOf(request: IncomingMessage): Body | null {
  return request.readableDidRead ? null : new RequestBody(request)
}

/**
 * Body of a request, read in all the bytes that have arrived: a chunk of one byte would cost as much as a large
 * chunk.
 */
class RequestBody implements Body {
  readonly #request: IncomingMessage
  #wake: () => void = () => {}

  constructor(request: IncomingMessage) {
    this.#request = request
    const wake = (): void => this.#wake()
    for (const event of ['readable', 'end', 'error', 'close'] as const) request.on(event, wake)
  }

  async read(): Promise<Uint8Array | null> {
    const request = this.#request
    for (;;) {
      const bytes: Uint8Array | null = request.read()
      if (bytes !== null) return bytes
      // A request of HTTP/2 that was reset ends like a whole request.
      if (request.readableEnded && !request.aborted) return null
      if (request.readableEnded || request.destroyed) throw new Error('the request broke off')
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  // The rest of the body stays unread; `send` ends the connection after the answer.
  cancel(): void {}
}
