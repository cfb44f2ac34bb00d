import type { StreamKind } from './stream.ts'

/** Returns the kind of stream to which data can belong; `null` for data that is neither a text nor an array. */
export function streamKindOf(data: unknown): StreamKind | null {
  if (typeof data === 'string') return 'text'
  return Array.isArray(data) ? 'list' : null
}
