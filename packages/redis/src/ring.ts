import type { AppendKey, AppendResult } from '@chat/core/backplane'
import { decodeId, Lines } from './entry.ts'

/** What the ring has of a known key: its value, and the defaults of epoch and node. */
export type KnownParts = [value: string, epoch: string, node: string]

const hexadecimal = /^[0-9a-f]{32}$/

/**
 * Returns a hash in fewer characters: a ring is compact while its values have at most 64 bytes. A hash that is
 * no 128 bits in hexadecimal digits is JSON, whose quotation marks tell it apart.
 */
export const encodeHash = (hash: string): string =>
  hexadecimal.test(hash) ? Buffer.from(hash, 'hex').toString('base64url') : JSON.stringify(hash)

/** Returns the id of a message for the ring; nothing for the usual id, which follows from the key. */
export const encodeMessageId = (id: string, { session, ref }: AppendKey): string =>
  id === `${session}.${ref}` ? '' : JSON.stringify(id)

/** Returns the answer to a known key: offset, time, epoch, node, id and hash of its message. */
export function decodeKnown([value, defaultEpoch, defaultNode]: KnownParts, key: AppendKey): AppendResult {
  const lines = new Lines(value)
  const [at, time] = [Number(lines.next()), Number(lines.next())]
  const epoch = lines.next() || defaultEpoch
  const by = lines.next() || defaultNode
  const id = decodeId(lines.next()) ?? `${key.session}.${key.ref}`
  if (lines.rest() !== encodeHash(key.hash)) return { outcome: 'conflict' }
  return { outcome: 'duplicate', epoch, at, id, time, by }
}
