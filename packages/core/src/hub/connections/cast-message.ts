import { encodeCast } from '../../protocol/encode.ts'
import type { JsonText } from '../../vocabulary/json-text.ts'

/** A cast that this node hands to all nodes. */
export interface CastMessage {
  /** The address that the cast was sent to. */
  readonly address: string
  /** The event's name. */
  readonly event: string
  /** The data, as the sender gave it. */
  readonly data: JsonText
  /** The meta, as the sender gave it; `null` for none. */
  readonly meta: JsonText | null
  /** The user who sent it; `null` for the hub. */
  readonly from: string | null
  /** The session that sent it; `undefined` for the hub. */
  readonly session: string | undefined
  /** Of the casts with the same key only the newest matters. */
  readonly key: string | undefined
}

/** A cast on its arrival at a node. */
export interface ArrivedCast {
  /** The address that the cast was sent to. */
  readonly address: string
  /** The session that sent it, which does not get it back; empty for the hub. */
  readonly session: string
  /** The same for casts that replace each other: of one address, session and key; `null` without a key. */
  readonly key: string | null
  /** The encoded frame. */
  readonly frame: string
}

/**
 * Writes a cast as the text that travels between nodes: address, session and key, a line each, and then the
 * frame. Addresses and session ids contain no line feed, and the key is JSON, so no line is ambiguous. A
 * cast is encoded once in the cluster, and no node parses it.
 */
export function writeCast(cast: CastMessage): string {
  const { address, session = '', key } = cast
  return `${address}\n${session}\n${key === undefined ? '' : JSON.stringify(key)}\n${encodeCast(cast)}`
}

/** Reads the text of a cast; `null` for a text that is none. */
export function readCast(text: string): ArrivedCast | null {
  const first = text.indexOf('\n')
  const second = text.indexOf('\n', first + 1)
  const third = text.indexOf('\n', second + 1)
  if (first < 0 || second < 0 || third < 0 || !text.startsWith('["cast",', third + 1)) return null
  return {
    address: text.slice(0, first),
    session: text.slice(first + 1, second),
    key: third === second + 1 ? null : text.slice(0, third),
    frame: text.slice(third + 1),
  }
}
