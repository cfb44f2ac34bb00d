import { describe } from '../vocabulary/check-options.ts'
import { UsageError } from '../vocabulary/errors.ts'

/** A web stream: the part of `ReadableStream` that is used here, so that core needs no types of a platform. */
export interface ReadableParts<Part> {
  /** Locks the stream, and reads it. */
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: Part | undefined }>
    cancel(reason?: unknown): Promise<void>
  }
}

/** A source of parts: an iterable, an async iterable, or a web stream. */
export type PartSource<Part> = AsyncIterable<Part> | Iterable<Part> | ReadableParts<Part>

/** The reader of a source. */
export interface SourceReader {
  /** Reads the next part. */
  next(): Promise<{ readonly done?: boolean | undefined; readonly value?: unknown }>
  /** Tells the source that no further part is needed. It never throws. */
  stop(reason: unknown): void
}

/** Tells if a value is a source of parts. A text is none: it would be written character by character. */
export const isPartSource = (value: unknown): value is PartSource<unknown> =>
  typeof value === 'object' &&
  value !== null &&
  (typeof (value as Partial<ReadableParts<unknown>>).getReader === 'function' ||
    Symbol.asyncIterator in value ||
    Symbol.iterator in value)

/**
 * Starts to read a source.
 *
 * @throws UsageError for a value that is none.
 */
export function readSource(source: unknown): SourceReader {
  if (!isPartSource(source))
    throw new UsageError(
      `unable to pipe ${describe(source)}: give an async iterable, an iterable or a ReadableStream of parts`,
    )
  // A web stream is cancelled at once by its reader; its iterator would wait for the next part first.
  if ('getReader' in source) {
    const reader = source.getReader()
    return { next: () => reader.read(), stop: (reason) => quietly(() => reader.cancel(reason)) }
  }
  const iterator: AsyncIterator<unknown> | Iterator<unknown> =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
  return { next: async () => iterator.next(), stop: () => quietly(() => iterator.return?.()) }
}

/** Returns a reader that first returns `first`, which was read before, and then reads on. */
export function readAgain(
  first: Awaited<ReturnType<SourceReader['next']>>,
  reader: SourceReader,
): SourceReader {
  let again = true
  return {
    next: async () => {
      if (!again) return reader.next()
      again = false
      return first
    },
    stop: (reason) => reader.stop(reason),
  }
}

/** Runs a step of the end of a source. Its error tells nothing new: the reason of the end is known. */
function quietly(run: () => unknown): void {
  Promise.resolve()
    .then(run)
    .catch(() => {})
}
