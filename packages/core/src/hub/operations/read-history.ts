import type { LogPage, LogRange } from '../../backplane/backplane.ts'
import type { ReadFrame } from '../../protocol/client-frames.ts'
import { encodeMessage, type WireError } from '../../protocol/encode.ts'
import { historyPage } from '../../protocol/limits.ts'
import { utf8Length } from '../../vocabulary/text.ts'
import { Permission } from '../policy/authorize.ts'
import type { Session } from '../sessions/session.ts'
import { checkAddress } from './checks.ts'

/** Answers with a page of an address's log (P-ST-6). */
export async function readHistory(session: Session, frame: ReadFrame): Promise<void> {
  const refused = checkRead(session, frame) ?? (await tryRead(session, frame))
  if (refused !== null) session.err(frame.ref, refused)
}

function checkRead(session: Session, { address, after, before }: ReadFrame): WireError | null {
  const bad = checkAddress(session, address)
  if (bad?.code === 'bad_request') return bad
  if (after !== undefined && before !== undefined)
    return { code: 'bad_request', message: 'unable to read: give after or before, not both' }
  return bad
}

async function tryRead(session: Session, frame: ReadFrame): Promise<WireError | null> {
  const { ref, address } = frame
  const permission = new Permission(session, { action: 'read', address })
  const forbidden = await permission.ask()
  if (forbidden !== null) return forbidden
  const page = await readPage(session, frame)
  if (page === null) return { code: 'unavailable', message: 'unable to read: the log is out of reach' }
  while (permission.stale) {
    const revoked = await permission.ask()
    if (revoked !== null) return revoked
  }
  session.ok(ref, encodePage(JSON.stringify(address), page, frame.after !== undefined))
  return null
}

/** Reads the page; returns `null` when the log is out of reach. */
async function readPage(
  { context }: Session,
  { address, after, before, limit }: ReadFrame,
): Promise<LogPage | null> {
  const count = Math.min(limit ?? historyPage.messages, historyPage.max)
  const range: LogRange =
    after !== undefined ? { after, limit: count } : { before: before ?? null, limit: count }
  try {
    return await context.backplane.read(address, range)
  } catch (error) {
    context.reportBackplane(error, address)
    return null
  }
}

function encodePage(address: string, page: LogPage, forward: boolean): string {
  let prev = forward ? (page.entries[0]?.at ?? 1) - 1 : page.prev
  const all = page.entries.map((entry) => {
    const frame = encodeMessage(address, entry, prev)
    prev = entry.at
    return frame
  })
  const messages = fitAnswer(forward ? all : all.reverse())
  const more = page.more || messages.length < all.length
  if (!forward) messages.reverse()
  const { epoch, base, top } = page
  return `${JSON.stringify({ epoch, base, top }).slice(0, -1)},"messages":[${messages.join(',')}],"more":${more}}`
}

/**
 * Returns as many frames as fit in an answer, and at least one, from the side at which the client goes on
 * reading.
 */
function fitAnswer(frames: readonly string[]): string[] {
  let bytes = 0
  const fitting: string[] = []
  for (const frame of frames) {
    bytes += utf8Length(frame) + 1
    if (bytes > historyPage.bytes && fitting.length > 0) break
    fitting.push(frame)
  }
  return fitting
}
