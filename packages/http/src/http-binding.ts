import { closeReason } from '@chat/core'
import { isWebSocketCode } from '@chat/core/transport'

/**
 * Request headers of the binding (PROTOCOL §12). A page can send them to a foreign server only after a
 * preflight.
 */
export const header = {
  /** Stream that a POST belongs to. */
  connection: 'chat-connection',
  /** Number of a POST of its stream, from 1. */
  seq: 'chat-seq',
  /** `close` on the POST that ends the connection. */
  event: 'chat-event',
  /** Subprotocols that a GET offers, and the subprotocol that its answer agrees on. */
  protocol: 'chat-protocol',
} as const

/** Time that the other side has to complete a close, in milliseconds. */
export const closeTimeout = 5_000

/** Close code and reason. */
export interface Close {
  readonly code: number
  readonly reason: string
}

/** Encodes a close for an event or a POST. Codes are those that a page's WebSocket may send as well. */
export function encodeClose({ code, reason }: Close): string {
  return JSON.stringify([isWebSocketCode(code) ? code : 1005, reason])
}

/** Parses a close; malformed text is a close without a code. */
export function parseClose(text: string): Close {
  try {
    const parsed: unknown = JSON.parse(text)
    if (Array.isArray(parsed) && isWebSocketCode(parsed[0]) && typeof parsed[1] === 'string')
      return { code: parsed[0], reason: closeReason(parsed[1]) }
  } catch {
    // Not JSON.
  }
  return { code: 1005, reason: '' }
}
