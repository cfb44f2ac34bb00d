import type { Answer } from './answer.ts'
import type { Body } from './body.ts'

/** Returns the body of a request; `null` when it was read before, or is being read. */
export function bodyOf(request: Request): Body | null {
  if (request.bodyUsed || request.body?.locked) return null
  const reader = request.body?.getReader()
  return {
    read: async () => (await reader?.read())?.value ?? null,
    cancel: () => void reader?.cancel().catch(() => {}),
  }
}

/** Returns an answer as the web's `Response`. */
export const responseOf = ({ status, headers, body }: Answer): Response =>
  new Response(body, { status, headers: { ...headers } })
