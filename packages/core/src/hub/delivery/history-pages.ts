import type { LogPage, LogRange } from '../../backplane/backplane.ts'
import { encodeMessage } from '../../protocol/encode.ts'
import { historyPage } from '../../protocol/limits.ts'
import { attempt } from '../../runtime/maybe-promise.ts'
import { utf8Length } from '../../vocabulary/text.ts'
import type { Outbox } from '../connections/outbox.ts'
import type { HubContext } from '../context.ts'

/** Work of reading and of encoding a page, in the units of a turn. */
const unitsOfRead = 4
const unitsOfPage = 16

/**
 * Pages of history for clients (P-ST-6). A page is read and encoded once for all sessions that ask for it in
 * the same turn.
 */
export class HistoryPages {
  readonly #context: HubContext
  /** The pages of this turn, by address and range. */
  readonly #asked = new Map<string, Promise<string | null>>()

  constructor(context: HubContext) {
    this.#context = context
  }

  /**
   * Resolves with a page as JSON, or with `null` when the log is out of reach. The read begins after the
   * call, so the page has every message that was answered before. The session of `outbox` waits for its
   * turn, and others that ask share the page.
   */
  readPage(address: string, range: LogRange, outbox: Outbox): Promise<string | null> {
    const key = JSON.stringify([address, range])
    let page = this.#asked.get(key)
    if (page === undefined) {
      page = new Promise((resolve) =>
        this.#context.turns.wait(outbox, () => {
          this.#asked.delete(key)
          this.#context.turns.spend(unitsOfRead)
          this.#read(address, range, (read) =>
            this.#context.turns.run(outbox, unitsOfPage, () => resolve(read())),
          )
        }),
      )
      this.#asked.set(key, page)
    }
    return page
  }

  /** Reads a page, and hands over a function that encodes it. */
  #read(address: string, range: LogRange, next: (encode: () => string | null) => void): void {
    attempt(
      () => this.#context.backplane.read(address, range),
      (page) => next(() => encodePage(JSON.stringify(address), page, 'after' in range)),
      (error) => {
        this.#context.reportBackplane(error, address)
        next(() => null)
      },
    )
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
