/** Names and spellings of PROTOCOL §12, for both sides. */

/** The request headers that are the protocol's own; no page can send them to a foreign server without being asked first. */
export const header = {
  /** Which stream a POST belongs to. */
  connection: 'chat-connection',
  /** Counts the POSTs of a stream, from 1. */
  seq: 'chat-seq',
  /** `close` on the POST that ends the connection. */
  event: 'chat-event',
  /** The subprotocols that a GET offers, and the one that its answer agrees on. */
  protocol: 'chat-protocol',
} as const

/** How long the other side has to let a close come about, in milliseconds. */
export const closeTimeout = 5_000

/** A close as it is written, in an event or a POST. */
export function encodeClose(code: number, reason: string): string {
  return JSON.stringify([isSayable(code) ? code : 1005, reason])
}

/** What a close says; one that says nothing sensible is one without a code. */
export function parseClose(text: string): { readonly code: number; readonly reason: string } {
  try {
    const parsed: unknown = JSON.parse(text)
    if (Array.isArray(parsed) && isSayable(parsed[0]) && typeof parsed[1] === 'string')
      return { code: parsed[0], reason: parsed[1].slice(0, 123) }
  } catch {}
  return { code: 1005, reason: '' }
}

/** The codes that a page's WebSocket may say, too: 1000, and those of applications. */
function isSayable(code: unknown): code is number {
  return Number.isInteger(code) && (code === 1000 || (Number(code) >= 3000 && Number(code) <= 4999))
}
