import type { LogEntry, NewMessage } from '../../backplane/backplane.ts'
import type { StreamKind } from '../../contract/stream.ts'
import { streamKindOf } from '../../contract/stream-kind.ts'
import { isRecord } from '../../protocol/fields.ts'
import { encodeMeta } from '../../protocol/meta.ts'
import { readStreamAddress, streamAddress } from '../../vocabulary/address.ts'
import type { JsonText } from '../../vocabulary/json-text.ts'
import type { Meta } from '../../vocabulary/meta.ts'

/** The head of a stream: the message that announces it, and the first entry of its log (P-SM-2). */
export interface StreamHead {
  /** The id of the head. The part before the first dot names the writer. */
  readonly id: string
  /** The address that the head is sent to. */
  readonly parent: string
  /** The address of the stream. */
  readonly address: string
  /** The event of the head and of all parts. */
  readonly event: string
  /** The kind of the data. */
  readonly kind: StreamKind
  /** The beginning of the whole. */
  readonly data: JsonText
  /** The id of the user in whose name it is written; `null` for the hub. */
  readonly from: string | null
  /** The meta of the head, with `stream`. */
  readonly meta: Meta
}

/** Returns a head as a message for the logs of the stream and of its parent. */
export const headMessage = ({ event, data, meta, from, id }: StreamHead): NewMessage => ({
  event,
  data,
  meta: encodeMeta(meta),
  from,
  id,
})

/** Returns the head in the first entry of a stream's log; `null` for an entry that is none. */
export function readHead(address: string, entry: LogEntry): StreamHead | null {
  const parts = readStreamAddress(address)
  if (parts === null || entry.id !== parts.id || entry.meta === null) return null
  const meta: unknown = JSON.parse(entry.meta)
  const kind = streamKindOf(JSON.parse(entry.data))
  if (kind === null || !isRecord(meta)) return null
  const { event, data, from } = entry
  return { ...parts, address: streamAddress(parts), event, kind, data, from, meta: meta as Meta }
}

/** Returns the name of the writer of a stream: a node or a session. */
export const writerOf = (id: string): string => id.slice(0, id.indexOf('.'))
