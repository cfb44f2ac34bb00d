import type { WsSocket } from './socket.ts'

/** Part of `ws` that holds the largest message of a socket. */
interface Bounded {
  _maxPayload?: number
}

/** Members of a socket of `ws` 8. It has no public way to change the limit of a socket that is open. */
interface Internals {
  readonly _receiver?: Bounded
  readonly _extensions?: Readonly<Record<string, Bounded>>
}

/**
 * Bounds the messages of a socket after they are inflated. `ws` inflates each fragment as it arrives and keeps it, so
 * a few compressed bytes of an unfinished message hold as much as its largest message may be. Returns the limit that
 * was there before; `null` for a socket without compression, or of a `ws` that keeps its limit elsewhere.
 */
export function limitInflated(ws: WsSocket, bytes: number): number | null {
  if (ws.extensions === '') return null
  const { _receiver: receiver, _extensions: extensions = {} } = ws as Internals
  const before = receiver?._maxPayload
  if (before === undefined) return null
  for (const part of [receiver, ...Object.values(extensions)])
    if (part?._maxPayload !== undefined) part._maxPayload = bytes
  return before
}
