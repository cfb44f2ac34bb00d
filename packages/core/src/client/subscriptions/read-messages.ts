import type { AnyContract } from '../../contract/contract.ts'
import { UsageError } from '../../vocabulary/errors.ts'
import type { ClientMessage } from '../events.ts'
import type { MessageCursor, MessagesOptions } from '../message-cursor.ts'
import { checkByRules, messagesRules } from '../option-rules.ts'
import type { ClientTarget } from '../types.ts'
import { isRoom } from './is-room.ts'
import { LogReader } from './log-reader.ts'
import { type LogTarget, type Room, RoomHandle, unasked } from './room.ts'

/**
 * Returns a cursor over the log of an address: the messages after `since`, or the `last` messages and those
 * that follow, or by default the messages from now on. Each call returns a cursor of its own.
 *
 * `source` is a room, or the target of `*`, of this client's user or of a room, as {@link Client.to} returns
 * it. For the target of a room the client joins the room, and leaves it when the cursor ends.
 *
 * ```ts
 * for await (const item of readMessages(room, { last: 20 })) {
 *   if (item.event === '$gap') showGap(item.reason)
 *   else show(item.from, item.data)
 * }
 * ```
 *
 * @throws UsageError when `source` is neither a room nor a target, or has no log, the client is closed, an
 * option does not exist or has a wrong value, or both are given.
 */
export function readMessages<C extends AnyContract>(
  source: Room<C> | ClientTarget<C>,
  options: MessagesOptions = {},
): MessageCursor<ClientMessage<C>> {
  const target = source as Partial<LogTarget> | undefined
  const room = isRoom(source) ? source : null
  const address = room?.address ?? target?.log?.().address
  if (address === undefined)
    throw new UsageError('unable to read messages: give a room, or a target as client.to returns it')
  const operation = `read the messages of ${address}`
  checkByRules(operation, options, messagesRules)
  if (options.since !== undefined && options.last !== undefined)
    throw new UsageError(`unable to ${operation}: give 'since' or 'last', not both`)
  const reader =
    room === null ? openTarget(operation, target as LogTarget, options) : openReader(room, options)
  return reader as MessageCursor as MessageCursor<ClientMessage<C>>
}

function openTarget(operation: string, target: LogTarget, options: MessagesOptions): LogReader {
  const { address, services, join } = target.log()
  if (address.startsWith('~')) throw new UsageError(`unable to ${operation}: a session has no log`)
  if (services.connector.status === 'closed')
    throw new UsageError(`unable to ${operation}: the client is closed; make a new client`)
  if (address.startsWith('#')) {
    const room = join() as RoomHandle
    return openReader(room, options, () => room.leave())
  }
  const own = new RoomHandle(address, services, {})
  return openReader(own, options, () => own.leave())
}

function openReader(room: RoomHandle, options: MessagesOptions, onEnd?: () => void): LogReader {
  const { readers, ended } = room
  const reader = new LogReader(room, options, () => {
    readers.delete(reader)
    onEnd?.()
  })
  readers.add(reader)
  if (ended !== null) reader.end(unasked(ended))
  else {
    room.tellPosition()
    room.subscription.listen(room)
  }
  return reader
}
