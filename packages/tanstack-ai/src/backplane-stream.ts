import { ChatError, type Runtime, systemRuntime, UsageError } from '@chat/core'
import {
  type Backplane,
  checkDuration,
  checkOptionsWithHint,
  checkText,
  type JsonText,
  LogWriter,
  type PlacedEntry,
  readLog,
  utf8Length,
} from '@chat/core/backplane'
import { resolveResumeRunId, type StreamChunk, type StreamDurability } from '@tanstack/ai'
import { encodeOffset, parseOffset, type RunOffset } from './run-offset.ts'

/** Run and offset of {@link backplaneStream}, for callers without a request. */
export interface RunSource {
  /** Id of the run, 1 to 128 characters. */
  readonly runId: string
  /** Offset to read after; `-1` for the beginning, `now` for the end. Default: `null`, for the producer of the run. */
  readonly offset?: string | null | undefined
}

/** Options of {@link backplaneStream}. */
export interface BackplaneStreamOptions {
  /**
   * Owner of the run, such as the id of a user. Runs of other owners are out of reach, whatever ids a client gives.
   * Default: none, every client that knows the id of a run can read it.
   */
  readonly owner?: string | undefined
  /** Time for which a run is kept after its end, in milliseconds. Default: 300 000. */
  readonly keep?: number | undefined
  /**
   * Maximum time until the first chunk of a run that is read from its beginning, in milliseconds. A run that is not
   * known by then is gone. Default: 100.
   */
  readonly firstChunkDeadline?: number | undefined
  /** Clock, timers and randomness. Default: those of the platform. For tests. */
  readonly runtime?: Runtime | undefined
}

/**
 * Returns the durability of a run of TanStack AI over the log of a backplane, in place of `memoryStream`. A reader that
 * comes back gets the chunks after its offset, each once, also from another process that shares the backplane.
 *
 * ```ts
 * export function POST(request: Request) {
 *   const stream = chat({ adapter, messages })
 *   return toServerSentEventsResponse(stream, { durability: { adapter: backplaneStream(backplane, request) } })
 * }
 * export const GET = (request: Request) =>
 *   resumeServerSentEventsResponse({ adapter: backplaneStream(backplane, request) })
 * ```
 *
 * The id of the run and the offset come from the request, as with `memoryStream`. Clients of a hub cannot reach the
 * log. A run whose process has died has no end: its readers wait until they give up.
 *
 * @throws UsageError when the id of the run is no text of 1 to 128 characters, or an option does not exist or has a
 * wrong value.
 * @throws ChatError `bad_request` when the offset of the request is none of this package.
 */
export function backplaneStream(
  backplane: Backplane,
  source: Request | RunSource,
  options: BackplaneStreamOptions = {},
): StreamDurability {
  checkOptionsWithHint(operation, options, {
    owner: true,
    keep: true,
    firstChunkDeadline: true,
    runtime: true,
  })
  checkText(operation, 'owner', options.owner)
  checkDuration(operation, 'keep', options.keep)
  checkDuration(operation, 'firstChunkDeadline', options.firstChunkDeadline)
  const runtime = options.runtime ?? systemRuntime
  const isRequest = 'headers' in source
  const offset = isRequest ? offsetOf(source) : (source.offset ?? null)
  const run = isRequest ? (runOf(source, offset) ?? runtime.id(21)) : source.runId
  if (typeof run !== 'string' || run.length < 1 || run.length > 128)
    throw new UsageError(`unable to ${operation}: the id of a run has 1 to 128 characters`)
  return new RunStream(backplane, { ...options, runtime, run, offset })
}

const operation = 'keep a run'
/** Maximum size of an entry, in bytes. */
const entryBytes = 262_144
const endEvent = 'end'

/** Returns the offset that a request asks for; `null` for a producer. */
const offsetOf = (request: Request): string | null =>
  request.headers.get('last-event-id') ?? new URL(request.url).searchParams.get('offset')

/** Returns the id of the run that a request names; `null` when it names none. */
function runOf(request: Request, offset: string | null): string | null {
  if (offset === null || isSentinel(offset)) return resolveResumeRunId(request)
  return placeOf(offset).run
}

const isSentinel = (offset: string): boolean => offset === '-1' || offset === 'now'

/** @throws ChatError `bad_request` for a text that is no offset. */
function placeOf(offset: string): RunOffset {
  const place = parseOffset(offset)
  if (place !== null) return place
  throw new ChatError('bad_request', `unable to ${operation}: the offset is not one of this log`)
}

interface RunOptions extends BackplaneStreamOptions {
  readonly run: string
  readonly offset: string | null
  readonly runtime: Runtime
}

/** Chunk with its place. */
interface PlacedChunk {
  readonly place: RunOffset
  readonly offset: string
  readonly chunk: StreamChunk
}

class RunStream implements StreamDurability {
  readonly #backplane: Backplane
  readonly #options: RunOptions
  readonly #log: string
  readonly #writer: LogWriter
  #closed: Promise<unknown> | null = null

  constructor(backplane: Backplane, options: RunOptions) {
    this.#backplane = backplane
    this.#options = options
    // No client can join this log: the id of a stream of a hub has another form.
    this.#log = `^run/${encodeURIComponent(options.owner ?? '')}/${encodeURIComponent(options.run)}`
    this.#writer = new LogWriter(backplane, this.#log, { runtime: options.runtime })
  }

  readonly resumeFrom = (): string | null => this.#options.offset

  readonly append = async (chunks: StreamChunk[]): Promise<string[]> => {
    if (chunks.length === 0) return []
    const data = JSON.stringify(chunks) as JsonText
    if (chunks.length > 1 && utf8Length(data) > entryBytes) {
      const half = chunks.length >> 1
      return [...(await this.append(chunks.slice(0, half))), ...(await this.append(chunks.slice(half)))]
    }
    const { run } = this.#options
    const [epoch, at] = await this.#writer.append('chunks', data)
    return chunks.map((_, index) => encodeOffset({ run, epoch, at, index }))
  }

  readonly close = async (): Promise<void> => {
    this.#closed ??= this.#writer.append(endEvent, 'null' as JsonText, this.#options.keep ?? 300_000)
    await this.#closed
  }

  readonly snapshot = async (): Promise<{ offset: string; chunk: StreamChunk }[]> => {
    const found: { offset: string; chunk: StreamChunk }[] = []
    for await (const entry of readLog(this.#backplane, this.#log))
      for (const { offset, chunk } of this.#chunksOf(entry)) found.push({ offset, chunk })
    return found
  }

  readonly read = async function* (
    this: RunStream,
    offset: string,
    signal?: AbortSignal,
  ): AsyncGenerator<{ offset: string; chunk: StreamChunk }> {
    const start = await this.#start(offset)
    for await (const entry of this.#entries(start === null, signal)) {
      if (entry.event === endEvent) return
      for (const { place, offset, chunk } of this.#chunksOf(entry))
        if (start === null || isAfter(place, start)) yield { offset, chunk }
    }
  }.bind(this)

  /** Returns the place to read after; `null` for the beginning. */
  async #start(offset: string): Promise<RunOffset | null> {
    if (offset === '-1') return null
    const { run } = this.#options
    const { exists, epoch, top } = await this.#backplane.read(this.#log, { before: null, limit: 1 })
    if (offset === 'now') return exists ? { run, epoch, at: top, index: Number.POSITIVE_INFINITY } : null
    const place = placeOf(offset)
    if (place.run === run && exists && place.epoch === epoch && place.at <= top) return place
    throw new ChatError('not_found', `unable to read the run '${run}': it is unknown, or no longer kept`)
  }

  /** Reads the log, and fails when a run that is not known stays empty. */
  async *#entries(mayBeEmpty: boolean, signal?: AbortSignal): AsyncGenerator<PlacedEntry> {
    const { runtime, run, firstChunkDeadline = 100 } = this.#options
    const waiting = new AbortController()
    const stop = (): void => waiting.abort()
    signal?.addEventListener('abort', stop)
    if (signal?.aborted === true) stop()
    let isLate = false
    const undo = runtime.timer(mayBeEmpty ? firstChunkDeadline : 0, () => {
      isLate = mayBeEmpty
      if (isLate) stop()
    })
    try {
      for await (const entry of readLog(this.#backplane, this.#log, {
        follow: true,
        signal: waiting.signal,
        runtime,
      })) {
        undo()
        yield entry
      }
      if (isLate) throw new ChatError('not_found', `unable to read the run '${run}': it has no chunk`)
    } finally {
      undo()
      signal?.removeEventListener('abort', stop)
    }
  }

  *#chunksOf({ event, data, position: [epoch, at] }: PlacedEntry): Generator<PlacedChunk> {
    if (event === endEvent) return
    for (const [index, chunk] of (JSON.parse(data) as StreamChunk[]).entries()) {
      const place = { run: this.#options.run, epoch, at, index }
      yield { place, offset: encodeOffset(place), chunk }
    }
  }
}

const isAfter = (place: RunOffset, start: RunOffset): boolean =>
  place.at > start.at || (place.at === start.at && place.index > start.index)
