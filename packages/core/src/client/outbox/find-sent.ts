import type { HistoryPage } from '../../vocabulary/history.ts'
import type { OutboxEntry } from '../outbox-types.ts'
import type { RoomServices } from '../subscriptions/room.ts'
import { elementsOf } from './kept-send.ts'

/** Number of pages after which a log is read no further. */
const mostPages = 50

/**
 * Resolves with `true` when the log has a message that was written, by its id or by the id of its first attempt.
 * Reads on from the position that the log had when the message was written.
 */
export async function findSent(
  { operations }: Pick<RoomServices, 'operations'>,
  { body, id, since, ...rest }: OutboxEntry,
): Promise<boolean> {
  const [address, , , meta] = elementsOf({ body, id, since, ...rest })
  let [epoch, after] = since ?? ['', 0]
  for (let pages = 0; pages < mostPages; pages++) {
    const page: HistoryPage = await operations.read(address, { after, limit: 1_000 })
    if (page.epoch === epoch || after === 0) {
      if (page.messages.some((message) => message.id === id || message.id === meta?.['again'])) return true
      if (!page.more) return false
      after = page.messages.at(-1)?.position[1] ?? after
    } else after = 0
    epoch = page.epoch
  }
  return false
}
