import type { AnyContract } from '../../contract/contract.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { type ChatError, UsageError } from '../../vocabulary/errors.ts'
import type { Outbox } from '../outbox-types.ts'
import type { ClientTarget } from '../types.ts'
import { isRoom } from './is-room.ts'
import type { LogTarget, Room } from './room.ts'

/** Parts of a client for code that is built on rooms, such as a store: see {@link clientParts}. */
export interface ClientParts {
  /** Clock, timers and randomness of the client. */
  readonly runtime: Pick<Runtime, 'now' | 'timer' | 'defer' | 'random'>
  /** Id of the client's user, as the hub knows it; `null` before the first connection. */
  readonly user: string | null
  /** Error with which the room has ended, `closed` when the application has left it; `null` before, and for a target. */
  readonly ended: ChatError | null
  /** Outbox of the client; `null` for none. */
  readonly outbox: Outbox | null
  /** Emits an error in the client's `$error`. `subject` tells where it comes from. */
  report(error: unknown, subject: string): void
}

/**
 * Returns parts of the client of a room or a target. With them, a library has the client's clock in place of the
 * platform's, and so runs in a simulation as the client does.
 *
 * @throws UsageError when `source` is neither a room, as `client.join` returns it, nor a target, as `client.to`
 * returns it.
 */
export function clientParts<C extends AnyContract>(
  source: Pick<Room<C>, 'address' | 'ready' | 'leave'> | ClientTarget<C>,
): ClientParts {
  const target = source as Partial<LogTarget> | undefined
  const room = isRoom(source) ? source : null
  const services = room === null ? target?.log?.().services : room.services
  if (services === undefined)
    throw new UsageError('unable to find the client: give a room, or a target as client.to returns it')
  const { context } = services
  return {
    runtime: context.runtime,
    get user() {
      return services.user
    },
    get ended() {
      return room?.ended ?? null
    },
    outbox: context.outbox ?? null,
    report: (error, subject) => context.reportError(error, subject),
  }
}
