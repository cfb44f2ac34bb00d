import { streamKindOf } from '../../contract/stream-kind.ts'
import type { WireError } from '../../protocol/encode.ts'
import { clientStreams } from '../../protocol/limits.ts'
import { encodeMeta } from '../../protocol/meta.ts'
import { readStreamAddress, streamAddress } from '../../vocabulary/address.ts'
import { UsageError } from '../../vocabulary/errors.ts'
import type { Meta } from '../../vocabulary/meta.ts'
import { isWellFormed } from '../../vocabulary/text.ts'
import type { SoundContent } from '../policy/replacement.ts'
import type { Appended } from '../sessions/append.ts'
import type { Session } from '../sessions/session.ts'
import type { StreamHead } from '../streams/stream-head.ts'
import { hubOnly, type ValidData, validateData } from './checks.ts'
import { end, refuse, type Send, SentMessage } from './send.ts'

const badBeginning: WireError = {
  code: 'bad_payload',
  message: 'unable to open a stream: its data must be a whole text or an array, as the contract declares it',
}
/** The error for a head, at a hub whose clients open no streams. */
export const noClientStreams: WireError = {
  code: 'bad_request',
  message:
    "unable to open a stream: clients of this hub open none; list its event in the contract's `clientStreams`, or in the hub's option `clientStreams`",
}
const tooLong: WireError = {
  code: 'bad_request',
  message: 'unable to open a stream: its own address, which has the head and this address, is too long',
}
const tooMany: WireError = {
  code: 'too_large',
  message: `unable to open a stream: a user writes at most ${clientStreams.open} streams at a time; end a stream first`,
}

/**
 * Validates the beginning of a stream that a client opens; returns the error for a beginning that cannot be
 * taken.
 */
export function validateHead(session: Session, event: string, data: unknown): ValidData | WireError {
  const { context } = session
  if (!context.isClientStream(event)) return hubOnly
  const kind = streamKindOf(data)
  const declared = context.validator.stream(event)?.kind ?? kind
  const cut = typeof data === 'string' && !isWellFormed(data)
  return kind === null || kind !== declared || cut ? badBeginning : validateData(session, event, data)
}

/**
 * Opens a stream of a client (P-SM-2, P-SM-12): stores the head in the log of the stream, and then in that of the
 * address that it was sent to, as any message.
 *
 * @param askedAt - The {@link Session.revision} at which the policy was asked.
 */
export function openClientStream(send: Send, allowed: SoundContent, askedAt: number): void {
  const { session, key } = send
  const { streams, userId } = session
  const content = withMark(allowed)
  const head = headOf(send, content)
  if ('code' in head) return refuse(send, head)
  if (!streams.clients.reserve(userId, head.address)) return refuse(send, tooMany)
  streams.clients.open(session, { head, key, allowedAt: askedAt }).then(
    (fault) => {
      if (fault === null) return session.appends.append(head.parent, new SentHead(send, content, head))
      streams.clients.forget(userId, head.address)
      refuse(send, fault)
    },
    // The hub is closed, and answers nothing any more.
    () => end(send),
  )
}

/** A head for the log of the address that it was sent to. */
class SentHead extends SentMessage {
  readonly #forget: () => void

  constructor(send: Send, content: SoundContent, { address }: StreamHead) {
    super(send, content)
    const { streams, userId } = send.session
    this.#forget = () => streams.clients.forget(userId, address)
  }

  override answered(result: Appended): void {
    if (result.outcome === 'conflict') this.#forget()
    super.answered(result)
  }
}

/** The meta of a head has `stream`, also where the application has replaced it. */
function withMark(content: SoundContent): SoundContent {
  const facts: Meta = { ...content.facts, stream: true }
  return { ...content, facts, meta: encodeMeta(facts) }
}

function headOf({ session, frame }: Send, { data, value, facts }: SoundContent): StreamHead | WireError {
  const { address: parent, event, ref } = frame
  const id = `${session.id}.${ref}`
  const address = streamAddress({ id, parent })
  if (readStreamAddress(address) === null) return tooLong
  const kind = streamKindOf(value)
  if (kind === null || kind !== streamKindOf(frame.data)) return otherKind(session, event)
  return { id, parent, address, event, kind, data, from: session.userId, meta: facts ?? {} }
}

/** The application has replaced the beginning by data that begins no such stream. */
function otherKind({ context, id }: Session, event: string): WireError {
  const error = new UsageError(
    `unable to open the stream '${event}' as \`authorize\` has answered: its data must be of the kind of the sender's`,
  )
  return context.wireError(error, { source: 'policy', session: id, subject: event })
}
