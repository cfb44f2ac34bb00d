import type { LogPage, LogRange } from '../../backplane/backplane.ts'
import type { ReadFrame } from '../../protocol/client-frames.ts'
import { encodeMessage, type WireError } from '../../protocol/encode.ts'
import { encodeValue } from '../../protocol/json.ts'
import { historyPage } from '../../protocol/limits.ts'
import { attempt } from '../../runtime/maybe-promise.ts'
import { utf8Length } from '../../vocabulary/text.ts'
import { authorize, stillAllowed } from '../policy/authorize.ts'
import type { Session } from '../sessions/session.ts'

/**
 * Answers with a page of an address's log (P-ST-6).
 *
 * @internal
 */
export function readHistory(session: Session, frame: ReadFrame, done: () => void): void {
  const { node } = session
  const { ref, address, after, before } = frame
  const refuse = (error: WireError): void => {
    session.err(ref, error)
    done()
  }
  const bad = session.badAddress(address)
  if (bad?.code === 'bad_request') return refuse(bad)
  if (after !== undefined && before !== undefined)
    return refuse({ code: 'bad_request', message: 'unable to read: give after or before, not both' })
  if (bad !== null) return refuse(bad)
  const limit = Math.min(frame.limit ?? historyPage.messages, historyPage.max)
  const range: LogRange = after !== undefined ? { after, limit } : { before: before ?? null, limit }
  const wish = { action: 'read', address } as const
  const asked = session.revision
  authorize(session, wish, (refused) => {
    if (refused !== null) return refuse(refused)
    attempt(
      () => node.backplane.read(address, range),
      (page) =>
        stillAllowed(session, wish, asked, (revoked) => {
          if (revoked !== null) return refuse(revoked)
          session.ok(ref, encodePage(JSON.stringify(address), page, after !== undefined))
          done()
        }),
      (error) => {
        node.report(error, address)
        refuse({ code: 'unavailable', message: 'unable to read: the log is out of reach' })
      },
    )
  })
}

function encodePage(address: string, page: LogPage, forward: boolean): string {
  let prev = forward ? (page.entries[0]?.at ?? 1) - 1 : page.prev
  const all = page.entries.map((entry) => {
    const frame = encodeMessage(address, entry, encodeValue(entry.data), prev)
    prev = entry.at
    return frame
  })
  const messages = fit(forward ? all : all.reverse())
  const more = page.more || messages.length < all.length
  if (!forward) messages.reverse()
  const { epoch, base, top } = page
  return `${JSON.stringify({ epoch, base, top }).slice(0, -1)},"messages":[${messages.join(',')}],"more":${more}}`
}

/** As many frames as fit one answer, at least one, from the side the reading goes on from. */
function fit(frames: readonly string[]): string[] {
  let bytes = 0
  const fitting: string[] = []
  for (const frame of frames) {
    bytes += utf8Length(frame) + 1
    if (bytes > historyPage.bytes && fitting.length > 0) break
    fitting.push(frame)
  }
  return fitting
}
