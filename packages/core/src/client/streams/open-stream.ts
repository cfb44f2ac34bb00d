import type { AnyContract, ClientStreamName, EventName, StreamInput } from '../../contract/contract.ts'
import type { StreamPart } from '../../contract/stream.ts'
import { streamKindOf } from '../../contract/stream-kind.ts'
import { isRecord } from '../../protocol/fields.ts'
import { abortion } from '../../runtime/signal.ts'
import { describe } from '../../vocabulary/check-options.ts'
import { UsageError } from '../../vocabulary/errors.ts'
import type { ClientContext } from '../context.ts'
import { checkName } from '../operations/checks.ts'
import { checkByRules, openStreamRules } from '../option-rules.ts'
import type { ClientStreamWriter, OpenStreamOptions } from '../stream-sender.ts'
import { isRoom } from '../subscriptions/is-room.ts'
import type { LogTarget, Room, RoomHandle, RoomServices } from '../subscriptions/room.ts'
import type { ClientTarget } from '../types.ts'
import { encodePart, StreamSending, sendEntry } from './stream-sending.ts'

/** The names of the streams that a client opens: any name without types. */
type OpenName<C> = string extends EventName<C> ? string : ClientStreamName<C>
/** A part of a stream that a client opens. */
type OpenPart<C, K> = string extends EventName<C> ? StreamPart : StreamInput<C, K>

/**
 * Opens a stream that this client writes: a message that is long in the making, a text by default, or a list where
 * the contract declares a list or `start` is an array. Resolves when the hub has stored its head, the message that
 * announces the stream. Readers get each part as soon as it is stored; at the end the same address gets its result,
 * a message with the whole.
 *
 * `target` is a room, or the target of `*`, a room or a user as {@link Client.to} returns it. The name stands in the
 * `clientStreams` of the contract, or in the hub's option `clientStreams`.
 *
 * ```ts
 * const speech = await openStream(room, 'dictation', { meta: { language: 'en' } })
 * await speech.write('Hello')
 * await speech.end()
 * ```
 *
 * @throws UsageError for a target that is none, a session, a name that is no such stream of the contract, an option
 * that does not exist or has a wrong value, a room that was left, and a client that is closed.
 * @throws ChatError with the hub's code when the hub refuses: `forbidden` by its policy, `too_large` when the user
 * has 8 streams open; `bad_payload` or `too_large` for a `start` that cannot be sent.
 * @throws UncertainError when there is no answer within a minute, or the session could not be resumed.
 */
export async function openStream<C extends AnyContract, K extends OpenName<C>>(
  target: Room<C> | ClientTarget<C>,
  event: K,
  options: OpenStreamOptions<OpenPart<C, K>> = {},
): Promise<ClientStreamWriter<OpenPart<C, K>>> {
  const { services, address } = placeOf(target)
  const { context } = services
  checkRequest(context, { address, event }, options)
  const { meta, signal } = options
  const { start = context.validator.stream(event)?.kind === 'list' ? [] : '' } = options
  const kind = streamKindOf(start)
  const json = encodePart(context, { event, kind }, start)
  const early = abortion(signal)
  if (early !== null) throw early.reason
  const answer = await sendEntry(services, { address, event, json, meta: { ...meta, stream: true } })
  const id = isRecord(answer) ? String(answer['id']) : ''
  return new StreamSending(services, { id, parent: address, event, kind: kind ?? 'text', signal })
}

function placeOf(target: unknown): { readonly services: RoomServices; readonly address: string } {
  if (isRoom(target as Room<never>)) {
    const room = target as RoomHandle
    room.check('open a stream')
    return room
  }
  const place = (target as Partial<LogTarget> | undefined)?.log?.()
  if (place === undefined)
    throw new UsageError('unable to open a stream: give a room, or a target as client.to returns it')
  return place
}

function checkRequest(
  { validator }: ClientContext,
  { address, event }: { readonly address: string; readonly event: string },
  options: OpenStreamOptions<unknown>,
): void {
  const operation = `open a stream in ${address}`
  if (address.startsWith('~'))
    throw new UsageError(`unable to ${operation}: a session takes casts only; open it for its user instead`)
  checkName(event)
  checkByRules(operation, options, openStreamRules)
  if (validator.strict && !validator.has('clientStreams', event))
    throw new UsageError(
      `unable to ${operation}: ${describe(event)} is not among the contract's clientStreams; declare it there with stream()`,
    )
}
