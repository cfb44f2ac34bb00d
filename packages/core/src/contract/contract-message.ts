import type { Message, RedactedMessage } from '../vocabulary/message.ts'
import type { EventData, EventName } from './contract.ts'

/**
 * A durable message of a contract: a union with a member for each event, which `event` tells apart.
 *
 * ```ts
 * for await (const item of readMessages(room)) {
 *   if (item.event === 'say') show(item.data.text)
 * }
 * ```
 */
export type ContractMessage<C> = { [K in EventName<C>]: Message<EventData<C, K>, K> }[EventName<C>]

/** A message of a page of history: a message of the contract, or a message that was redacted. */
export type HistoryMessage<C> = ContractMessage<C> | RedactedMessage
