import type { LogRange } from '../../backplane/backplane.ts'
import type { ReadFrame } from '../../protocol/client-frames.ts'
import type { WireError } from '../../protocol/encode.ts'
import { historyPage } from '../../protocol/limits.ts'
import { Permission } from '../policy/authorize.ts'
import type { Session } from '../sessions/session.ts'
import { checkAddress, checkNoStream } from './checks.ts'

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
  return bad ?? checkNoStream(address)
}

async function tryRead(session: Session, frame: ReadFrame): Promise<WireError | null> {
  const { ref, address } = frame
  const permission = new Permission(session, { action: 'read', address })
  const forbidden = await permission.ask()
  if (forbidden !== null) return forbidden
  const page = await session.feeds.history.readPage(address, rangeOf(frame), session.outbox)
  if (page === null) return { code: 'unavailable', message: 'unable to read: the log is out of reach' }
  while (permission.stale) {
    const revoked = await permission.ask()
    if (revoked !== null) return revoked
  }
  session.charges.answer(page)
  session.ok(ref, page)
  return null
}

function rangeOf({ after, before, limit: wanted = historyPage.messages }: ReadFrame): LogRange {
  const limit = Math.min(wanted, historyPage.max)
  return after !== undefined ? { after, limit } : { before: before ?? null, limit }
}
