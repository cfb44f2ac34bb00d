import { abortion } from '../../runtime/signal.ts'
import { ChatError } from '../../vocabulary/errors.ts'
import type { Message } from '../../vocabulary/message.ts'
import type { ClientContext } from '../context.ts'
import type { Operations } from '../operations/operations.ts'
import type { Snapshot, SnapshotRequest } from '../snapshot.ts'

/** Parts of a client that {@link readNewest} uses. */
interface ReadServices {
  readonly context: ClientContext
  readonly operations: Operations
}

/**
 * Returns the newest `last` messages of an address, oldest first, with the position of the newest; `null` for a log
 * without messages. Messages of a log that is lost between two pages are in another epoch. Reports a hub that refuses its history, and returns `null`.
 *
 * @throws ChatError when the hub cannot read the log for now.
 */
export async function readNewest(
  { context, operations }: ReadServices,
  { address, signal }: SnapshotRequest,
  last: number,
): Promise<Snapshot<readonly Message[]> | null> {
  const found: Message[] = []
  try {
    for (let more = true; more && found.length < last; ) {
      const [oldest] = found
      const limit = last - found.length
      const page = await operations.read(address, { before: oldest?.position[1], limit, signal })
      more = page.more && page.messages.length > 0
      found.unshift(...page.messages)
    }
  } catch (error) {
    if (error instanceof ChatError && error.retryable) throw error
    if (abortion(signal) === null) context.reportError(error, address)
    return null
  }
  const position = found.at(-1)?.position
  return position === undefined ? null : { state: found, position }
}
