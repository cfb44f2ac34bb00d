import type { AnyContract, AskName, Untyped } from '../contract/contract.ts'
import type { Undo } from '../runtime/runtime.ts'
import { UsageError } from '../vocabulary/errors.ts'
import type { Client } from './client-constructor.ts'
import type { AskHandler } from './events.ts'
import { AskHandlers } from './operations/ask-handlers.ts'
import type { LogTarget } from './subscriptions/room.ts'

/**
 * Answers the hub's asks of one name: the result of `handler` is the answer, and a `ChatError` that it throws is
 * the refusal. Any other error is `internal` to the hub, and goes whole to `$error`. Without a handler, the client
 * refuses an ask as `not_found`. Returns the function that removes the handler.
 *
 * ```ts
 * handleAsk(client, 'confirm', ({ question }) => window.confirm(question))
 * ```
 *
 * @throws UsageError when `client` is not a client, the name has a handler already, has listeners, or is not an
 * ask's, or `handler` is not a function.
 */
export function handleAsk<C extends AnyContract, K extends AskName<C>>(
  client: Client<C>,
  ask: K,
  handler: AskHandler<C, K>,
): Undo {
  const target = (client as unknown as Partial<Client> | undefined)?.to?.('*') as
    | Partial<LogTarget>
    | undefined
  const services = target?.log?.().services
  if (services === undefined)
    throw new UsageError('unable to handle an ask: give a client, and then the name of the ask')
  const { context } = services
  context.asks ??= new AskHandlers(context, services.connector, services.writer)
  const handlers = context.asks as AskHandlers
  return handlers.add(ask, handler as unknown as AskHandler<Untyped, string>)
}
