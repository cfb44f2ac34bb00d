import type { UIMessageChunk } from 'ai'

/**
 * Item of an answer: a chunk of the AI SDK, or a text. A text stands for a further `text-delta` or
 * `reasoning-delta` like the delta before it. It takes a sixth of the bytes, so that the whole of a long answer
 * fits into its result.
 */
export type AnswerItem = UIMessageChunk | string

/** Chunk that adds text. */
type Delta = Extract<UIMessageChunk, { readonly type: 'text-delta' | 'reasoning-delta' }>

/** Returns a function that turns the chunks of one answer into items, in their order. */
export function packer(): (chunk: UIMessageChunk) => AnswerItem {
  let last: Delta | null = null
  return (chunk) => {
    if (!isDelta(chunk)) return chunk
    const shortened = isPlain(chunk) && last?.type === chunk.type && last.id === chunk.id
    last = chunk
    return shortened ? chunk.delta : chunk
  }
}

/** Returns a function that turns the items of one answer into chunks, in their order. */
export function unpacker(): (item: AnswerItem) => UIMessageChunk {
  let last: Delta = { type: 'text-delta', id: '', delta: '' }
  return (item) => {
    if (typeof item === 'string') return { type: last.type, id: last.id, delta: item }
    if (isDelta(item)) last = item
    return item
  }
}

const isDelta = (chunk: UIMessageChunk): chunk is Delta =>
  chunk.type === 'text-delta' || chunk.type === 'reasoning-delta'

/** Tells if a delta has no fields besides its type, id and text. */
const isPlain = (delta: Delta): boolean => delta.providerMetadata === undefined
