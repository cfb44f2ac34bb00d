import type { StreamKind } from '../../contract/stream.ts'
import { streamKindOf } from '../../contract/stream-kind.ts'
import { checkMeta } from '../../protocol/meta.ts'
import { checkSignal } from '../../runtime/check-signal.ts'
import { addressKind } from '../../vocabulary/address.ts'
import { describe, type OptionNames } from '../../vocabulary/check-options.ts'
import { checkOptionsWithHint } from '../../vocabulary/check-options-with-hint.ts'
import { ChatError, UsageError } from '../../vocabulary/errors.ts'
import type { Meta } from '../../vocabulary/meta.ts'
import { isWellFormed } from '../../vocabulary/text.ts'
import { encodeContent } from '../content.ts'
import type { HubContext } from '../context.ts'
import type { StreamWriter } from '../streams/stream-writer.ts'
import type { Streams } from '../streams/streams.ts'
import { checkUserId } from './target-options.ts'

/** Options of a stream. */
export interface StreamOptions {
  /** The beginning of the whole: a text, or an array of items. */
  readonly start?: string | readonly unknown[] | undefined
  /** Facts about the stream besides its data. */
  readonly meta?: Meta | undefined
  /** The id of the user in whose name the stream is written. */
  readonly from?: string | undefined
  /** Cancels the writing. */
  readonly signal?: AbortSignal | undefined
}

const optionNames: OptionNames<StreamOptions> = { start: true, meta: true, from: true, signal: true }

/**
 * Opens a stream for the application.
 *
 * @throws UsageError for an address that takes no stream, options that cannot work, and a hub without streams.
 * @throws ChatError `closed` when the hub closes; `bad_payload` or `too_large` for a beginning that cannot be sent.
 * @throws UncertainError when the hub is closed before the log has answered.
 */
export function openStream(
  { context, streams }: { readonly context: HubContext; readonly streams: Streams },
  { address, event }: { readonly address: string; readonly event: string },
  options: StreamOptions = {},
): Promise<StreamWriter<unknown>> {
  const operation = `open a stream in ${address}`
  checkRequest(operation, address, options)
  if (context.limits.streams === 0)
    throw new UsageError(
      `unable to ${operation}: the hub has no streams; set its option 'limits.streams' above 0`,
    )
  if (context.draining) throw new ChatError('closed', `unable to ${operation}: the hub closes`)
  const declared = kindOf(context, operation, event)
  const { start = declared === 'list' ? [] : '', meta = {}, from = null, signal } = options
  const kind = streamKindOf(start)
  context.validator.event(event, start)
  if (kind === null || (typeof start === 'string' && !isWellFormed(start)))
    throw new ChatError(
      'bad_payload',
      `unable to ${operation}: 'start' must be a whole text or an array, but is ${describe(start)}`,
    )
  const { data } = encodeContent(operation, start, meta)
  return streams.open({ parent: address, event, kind, data, from, meta, signal })
}

/**
 * Returns the kind that the contract declares; `null` without validators: then the beginning decides.
 *
 * @throws UsageError for an event that is no stream of the contract.
 */
function kindOf({ validator, names }: HubContext, operation: string, event: string): StreamKind | null {
  const declared = validator.stream(event)
  if (declared === null && validator.strict)
    throw new UsageError(
      `unable to ${operation}: ${describe(event)} is not among the contract's streams${names.hint(event, ['streams', 'clientStreams'])}; declare it with stream()`,
    )
  return declared?.kind ?? null
}

function checkRequest(operation: string, address: string, options: StreamOptions): void {
  checkOptionsWithHint(operation, options, optionNames)
  checkMeta(operation, options.meta)
  checkUserId(operation, options.from)
  if (addressKind(address) === 'session')
    throw new UsageError(
      `unable to ${operation}: a session takes casts and asks only; open the stream for its user instead`,
    )
  checkSignal(operation, options.signal)
}
