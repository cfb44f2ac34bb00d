import type { IncomingMessage } from 'node:http'
import type { Body } from '../body.ts'

/**
 * Express and Koa keep the whole target here when they pass on a part of it. Requests of HTTP/2 have all
 * members that are used.
 */
export type ServerRequest = IncomingMessage & { readonly originalUrl?: string }

/** Returns the body of a request; `null` when it was read before. */
export function bodyOf(request: IncomingMessage): Body | null {
  if (request.readableDidRead) return null
  const chunks: AsyncIterator<Uint8Array> = request.iterator({ destroyOnReturn: false })
  return {
    async read() {
      const { value, done } = await chunks.next()
      return done === true ? null : value
    },
    // The rest of the body stays unread; `send` ends the connection after the answer.
    cancel() {},
  }
}
