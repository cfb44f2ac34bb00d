import { describe } from '../../vocabulary/check-options.ts'
import { UsageError } from '../../vocabulary/errors.ts'
import type { SnapshotHook, SnapshotSource } from '../snapshot.ts'
import type { OpenRestore } from './restore.ts'
import { SnapshotRestore } from './snapshot-restore.ts'

/**
 * Restores a room or the inbox from the application's own state, for the option `snapshot` of
 * {@link @chat/core!index.Client.join | join} and of a client. `hook` returns the state, with the position in the log
 * up to which the state is complete.
 *
 * ```ts
 * const board = client.join('#board', { snapshot: restoreFrom(({ signal }) => loadBoard(signal)) })
 * board.on('$snapshot', ({ state }) => showBoard(state))
 * ```
 *
 * @throws UsageError when `hook` is not a function.
 */
export function restoreFrom<State>(hook: SnapshotHook<State>): SnapshotSource<State> {
  if (typeof hook !== 'function')
    throw new UsageError(
      `unable to restore from ${describe(hook)}: give a function that returns the state and its position`,
    )
  const open: OpenRestore = (subscription, gap, end) => new SnapshotRestore(hook, subscription, { gap, end })
  return { hook, open }
}
