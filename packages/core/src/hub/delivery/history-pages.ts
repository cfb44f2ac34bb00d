import type { LogPage, LogRange } from '../../backplane/backplane.ts'
import { encodeMessage } from '../../protocol/encode.ts'
import { historyPage } from '../../protocol/limits.ts'
import { utf8Length } from '../../vocabulary/text.ts'
import type { HubContext } from '../context.ts'

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
   * call, so the page has every message that was answered before.
   */
  readPage(address: string, range: LogRange): Promise<string | null> {
    const key = JSON.stringify([address, range])
    let page = this.#asked.get(key)
    if (page === undefined) {
      page = this.#endOfTurn().then(() => {
        this.#asked.delete(key)
        return this.#read(address, range)
      })
      this.#asked.set(key, page)
    }
    return page
  }

  #endOfTurn(): Promise<void> {
    return new Promise((resolve) => this.#context.runtime.defer(resolve))
  }

  async #read(address: string, range: LogRange): Promise<string | null> {
    try {
      const page = await this.#context.backplane.read(address, range)
      return encodePage(JSON.stringify(address), page, 'after' in range)
    } catch (error) {
      this.#context.reportBackplane(error, address)
      return null
    }
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
