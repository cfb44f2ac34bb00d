import { ChatError, type StreamReader, type StreamResult, type Undo } from '@chat/core'
import type { UIMessageChunk } from 'ai'
import { type AnswerItem, unpacker } from './answer-items.ts'

/** Reader of an answer. */
export type AnswerReader = StreamReader<AnswerItem[]>

/** Request that reads an answer. */
interface Request {
  /** Aborted when the page stops the answer, or when a later request takes its place. */
  readonly signal: AbortSignal | undefined
  /** Tells if no later request has taken its place. */
  readonly isNewest: () => boolean
  /** Room that the request has joined, which it leaves at its end. */
  readonly room: { leave(): void }
}

/**
 * Returns the chunks of an answer, from its beginning. An abort of the newest request stops the answer for all its
 * readers. The end of the returned stream does not: a page that is left leaves the model at work.
 */
export function chunksOf(
  reader: AnswerReader,
  { signal, isNewest, room }: Request,
): ReadableStream<UIMessageChunk> {
  const chunks = readChunks(reader, signal)
  // A cancel that is lost with the connection is the application's to repeat: the page reads no more.
  const stop = (): unknown => isNewest() && reader.cancel().catch(() => {})
  const undo = onAbort(signal, () => {
    // A later request aborts this one first, and begins in the same turn.
    queueMicrotask(() => {
      stop()
      end()
    })
  })
  const end = (): void => {
    undo()
    room.leave()
  }
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await chunks.next()
        if (!done) return controller.enqueue(value)
        controller.close()
      } catch (error) {
        controller.error(error)
      }
      end()
    },
    cancel() {
      end()
      // Not awaited: it waits for the next part.
      void chunks.return(undefined)
    },
  })
}

/** Calls a function when a signal aborts, and at once when it has. */
export function onAbort(signal: AbortSignal | undefined, run: () => void): Undo {
  if (signal?.aborted === true) run()
  signal?.addEventListener('abort', run)
  return () => signal?.removeEventListener('abort', run)
}

/** Resolves as a promise does, unless a signal aborts first: then rejects with its reason. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  promise.catch(() => {})
  let undo: Undo = () => {}
  const aborted = new Promise<never>((_, reject) => {
    undo = onAbort(signal, () => reject(signal?.reason))
  })
  return Promise.race([promise, aborted]).finally(undo)
}

async function* readChunks(
  reader: AnswerReader,
  signal: AbortSignal | undefined,
): AsyncGenerator<UIMessageChunk, undefined> {
  const unpack = unpacker()
  let taken = 0
  for await (const _ of reader) {
    // By place and not by part: after a loss in the log, the parts begin again.
    const items = reader.value.slice(taken)
    taken += items.length
    for (const item of items) yield unpack(item)
  }
  const error = errorOf(await reader.result)
  if (error !== null && signal?.aborted !== true) throw error
}

/** Returns the error of an answer that is not whole; `null` for an answer that has ended or was stopped. */
function errorOf({ state, complete, error }: StreamResult): ChatError | null {
  if (state === 'failed') return error ?? new ChatError('internal', 'the answer has failed')
  if (state === 'lost')
    return new ChatError('unavailable', 'unable to read the answer: the process that wrote it is gone')
  if (state === 'left') return error ?? new ChatError('closed', 'unable to read the answer: it was left')
  if (complete) return null
  return new ChatError('not_found', 'unable to read the whole answer: the hub no longer has all of it')
}
