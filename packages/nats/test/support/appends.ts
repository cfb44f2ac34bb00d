import { createHash } from 'node:crypto'
import type { AppendKey, AppendResult, Backplane, LogEntry, NewMessage } from '@chat/core/backplane'

/** The parts of an append that a test chooses. */
export interface Send {
  readonly session?: string
  readonly ref: number
  readonly data?: unknown
  readonly by?: string
}

/** Returns the message of an append. */
export const messageOf = ({ session = 's1', ref, data = ref }: Send): NewMessage => ({
  event: 'say',
  data: JSON.stringify(data),
  meta: null,
  from: 'alice',
  id: `${session}.${ref}`,
})

/** Returns the key of an append. */
export const keyOf = ({ session = 's1', ref, data = ref, by = 'n1' }: Send): AppendKey => ({
  user: 'alice',
  session,
  ref,
  hash: createHash('sha256').update(JSON.stringify(data)).digest('hex'),
  window: 64,
  by,
})

/** Appends a message. */
export async function send(backplane: Backplane, room: string, given: Send): Promise<AppendResult> {
  return backplane.append(room, messageOf(given), keyOf(given))
}

/** Appends a message until the backplane is in reach, as a hub does. Fails after `patience` milliseconds. */
export async function sendUntilStored(
  backplane: Backplane,
  room: string,
  given: Send,
  patience = 5_000,
): Promise<AppendResult> {
  const end = performance.now() + patience
  for (;;) {
    try {
      return await send(backplane, room, given)
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'unavailable' || performance.now() > end) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

/** Reads all entries of a log page by page. */
export async function readAll(backplane: Backplane, room: string): Promise<LogEntry[]> {
  const entries: LogEntry[] = []
  for (let after = 0; ; after = entries.at(-1)?.at ?? after) {
    const page = await backplane.read(room, { after, limit: 256 })
    entries.push(...page.entries)
    if (!page.more) return entries
  }
}
