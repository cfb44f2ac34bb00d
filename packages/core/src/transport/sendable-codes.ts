/**
 * True if a close frame may carry a code (RFC 6455 §7.4). For sockets that write any code; the peer fails a
 * connection that closes with a code outside these.
 */
export function isSendableCode(code: number): boolean {
  if (!Number.isInteger(code) || code < 1000 || code > 4999) return false
  return code >= 3000 || (code <= 1014 && (code < 1004 || code > 1006))
}

/**
 * True if `close` of the web's `WebSocket` takes a code: 1000 and the codes of applications. Platforms throw
 * for every other code.
 */
export function isWebSocketCode(code: unknown): code is number {
  return Number.isInteger(code) && (code === 1000 || (Number(code) >= 3000 && Number(code) <= 4999))
}
