import { cutBytes } from './text.ts'

/**
 * The close codes of the protocol (PROTOCOL §10). 4000–4499: the client reconnects; 4500–4899: it does not.
 */
export const CloseCode = {
  /** Closed as asked, by either side. */
  normal: 1000,
  /** The hub shuts down, or a stale attempt to resume: come back. */
  goingAway: 4001,
  /** The hub failed inside. */
  internal: 4004,
  /** The client did not keep up, for longer than it may. */
  slow: 4008,
  /** The hub has lost its backplane and cannot open a session. Connections that are open stay. */
  backplaneLost: 4009,
  /** The credentials have expired: come back with fresh credentials. */
  expired: 4010,
  /** The hub received no byte from the client for two heartbeats. */
  noPong: 4012,
  /** Too many attempts to resume. */
  rateLimited: 4013,
  /** No `hello` in time. */
  helloTimeout: 4408,
  /** The credentials were refused. */
  unauthorized: 4501,
  /** The peer broke the protocol. */
  protocol: 4502,
  /** Not allowed. */
  forbidden: 4503,
  /** No common version of the protocol. */
  version: 4506,
  /** A newer connection of the same session took over. */
  replaced: 4509,
  /** Removed by the application. */
  kicked: 4513,
  /** A frame or transmission over the limit. */
  tooLarge: 4514,
} as const

/** One of the protocol's close codes. */
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode]

/** Codes on which clients act. Apart from the table, which a page would otherwise carry whole. */
export const normalClose: typeof CloseCode.normal = 1000
export const expiredClose: typeof CloseCode.expired = 4010
export const rateLimitedClose: typeof CloseCode.rateLimited = 4013
export const protocolClose: typeof CloseCode.protocol = 4502

/**
 * A reason holds 123 bytes at most: a WebSocket close frame has 125, two of them for the code. RFC 6455 §5.5.
 */
const reasonLimit = 123

/**
 * Tells if a client may come back after a connection ended with this code. It may not after the codes by
 * which WebSocket itself refuses the application's frames (1002, 1003, 1007–1010), because the same frames
 * would fail again.
 */
export function mayReconnect(code: number): boolean {
  if (code >= 4000) return code < 4500 || code >= 4900
  return !(code === 1002 || code === 1003 || (code >= 1007 && code <= 1010))
}

/** Cuts a close reason to the size that a close frame can hold, at a character boundary. */
export function closeReason(reason: string): string {
  return cutBytes(reason, reasonLimit)
}
