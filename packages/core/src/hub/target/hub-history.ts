import type { LogEntry, LogPage, LogRange } from '../../backplane/backplane.ts'
import { historyPage } from '../../protocol/limits.ts'
import { checkSignal } from '../../runtime/check-signal.ts'
import { untilAborted } from '../../runtime/signal.ts'
import { describe } from '../../vocabulary/check-options.ts'
import { checkOptionsWithHint } from '../../vocabulary/check-options-with-hint.ts'
import { ChatError, UsageError } from '../../vocabulary/errors.ts'
import { type HistoryOptions, type HistoryPage, historyOptionNames } from '../../vocabulary/history.ts'
import { type Message, redactedEvent } from '../../vocabulary/message.ts'
import type { Position } from '../../vocabulary/position.ts'
import type { HubContext } from '../context.ts'

/** A page of a log, with the position of the newest message of the log. */
export interface PositionedPage extends HistoryPage {
  readonly position: Position
}

/**
 * Reads a page of the log of an address for the application. The policy is not asked. Messages that do not fit the
 * contract are reported and left out; a page with `more` has at least one message.
 *
 * @throws UsageError for an address without a log, and for options that cannot work.
 * @throws ChatError `unavailable` when the log is out of reach.
 */
export async function readHubHistory(
  context: HubContext,
  address: string,
  options: HistoryOptions = {},
): Promise<PositionedPage> {
  const range = rangeOf(address, options)
  return untilAborted(options.signal, readFitting(context, address, range))
}

/**
 * Reads until a message fits the contract, or the log ends: from an empty page the application could not read on.
 * The position is that of the first read, because later messages are not in the page.
 */
async function readFitting(context: HubContext, address: string, range: LogRange): Promise<PositionedPage> {
  const first = await readPage(context, address, range)
  let page = first
  let fitting = messagesOf(context, address, page)
  while (fitting.length === 0 && page.more && page.entries.length > 0) {
    // Clients are served between two reads.
    await new Promise<void>((resume) => context.runtime.timer(0, resume))
    page = await readPage(context, address, rangeBeyond(page, range))
    if (page.epoch !== first.epoch) return readFitting(context, address, range)
    fitting = messagesOf(context, address, page)
  }
  const messages = 'after' in range ? fitting.slice(0, range.limit) : fitting.slice(-range.limit)
  const { epoch, base, top, topId } = first
  const more = page.more || messages.length < fitting.length
  return { epoch, base, top, position: [epoch, top, topId], messages, more }
}

/** Returns the range that begins where a page ends. */
function rangeBeyond({ entries }: LogPage, range: LogRange): LogRange {
  const limit = historyPage.max
  return 'after' in range
    ? { after: entries.at(-1)?.at ?? range.after, limit }
    : { before: entries[0]?.at ?? range.before, limit }
}

const messagesOf = (context: HubContext, address: string, { epoch, entries }: LogPage): Message[] =>
  entries.flatMap((entry) => messageOf(context, address, epoch, entry) ?? [])

function rangeOf(address: string, options: HistoryOptions): LogRange {
  const operation = `read the history of ${address}`
  if (address.startsWith('~'))
    throw new UsageError(`unable to ${operation}: a session has no log; it takes casts and asks only`)
  checkOptionsWithHint(operation, options, historyOptionNames)
  const { after, before, limit = historyPage.messages } = options
  checkWhole(operation, { after, before }, 0)
  checkWhole(operation, { limit }, 1)
  checkSignal(operation, options.signal)
  if (after !== undefined && before !== undefined)
    throw new UsageError(`unable to ${operation}: give 'after' or 'before', not both`)
  const most = Math.min(limit, historyPage.max)
  return after !== undefined ? { after, limit: most } : { before: before ?? null, limit: most }
}

function checkWhole(operation: string, numbers: Readonly<Record<string, unknown>>, least: number): void {
  for (const [name, value] of Object.entries(numbers))
    if (value !== undefined && !(Number.isSafeInteger(value) && (value as number) >= least))
      throw new UsageError(
        `unable to ${operation}: the option '${name}' must be a whole number from ${least}, but is ${describe(value)}`,
      )
}

async function readPage(context: HubContext, address: string, range: LogRange): Promise<LogPage> {
  try {
    return await context.backplane.read(address, range)
  } catch (cause) {
    throw new ChatError('unavailable', `unable to read the history of ${address}: the log is out of reach`, {
      cause,
    })
  }
}

/** Returns an entry as a message; `null` for an entry that does not fit the contract, which is reported. */
function messageOf(context: HubContext, address: string, epoch: string, entry: LogEntry): Message | null {
  const { at, event, from, id, time } = entry
  try {
    const data: unknown = JSON.parse(entry.data)
    return {
      address,
      event,
      data: event === redactedEvent ? data : context.validator.event(event, data),
      meta: entry.meta === null ? null : JSON.parse(entry.meta),
      from,
      session: from === null ? null : id.slice(0, id.indexOf('.')),
      durable: true,
      id,
      position: [epoch, at, id],
      time,
    }
  } catch (error) {
    context.reportError({ error, source: 'listener', subject: `${address} ${event}` })
    return null
  }
}
