import { streamKindOf } from '../../contract/stream-kind.ts'
import type { SendFrame } from '../../protocol/client-frames.ts'
import { encodeStored, type WireError } from '../../protocol/encode.ts'
import { encodeValue } from '../../protocol/json.ts'
import { readStreamAddress } from '../../vocabulary/address.ts'
import type { JsonText } from '../../vocabulary/json-text.ts'
import { endEvent } from '../../vocabulary/message.ts'
import { isWellFormed } from '../../vocabulary/text.ts'
import { askPolicy } from '../policy/authorize.ts'
import type { Session } from '../sessions/session.ts'
import { type ClientWriting, type EntryPlace, isFault } from '../streams/client-writings.ts'
import { readClientEnd } from '../streams/stream-end.ts'
import { type StreamHead, writerOf } from '../streams/stream-head.ts'
import { badPayload, checkEvent, validateData } from './checks.ts'
import { end, refuse, type Send } from './send.ts'

/** The error for a send to a stream of another writer. */
export const notWriter: WireError = {
  code: 'forbidden',
  message: 'unable to send: only its writer adds to a stream',
}
const noMeta: WireError = { code: 'bad_request', message: 'unable to send: a part of a stream has no meta' }
const otherEvent: WireError = {
  code: 'bad_request',
  message: 'unable to send: a part has the event of its stream',
}
const badPart: WireError = {
  code: 'bad_payload',
  message: 'unable to send: a part is further text, in whole characters, or an array of further items',
}
const badEnd: WireError = {
  code: 'bad_payload',
  message: "unable to end: the data must be { state, code?, message? } with 'done', 'cancelled' or 'failed'",
}

/**
 * Adds a part or the end to a stream of the session, and answers with the place of the entry. An error ends the
 * stream, since its writer does not go on (P-SM-12).
 */
export function writePart(send: Send): void {
  const { session, frame } = send
  tryWrite(send).then(
    (result) => {
      if (!isFault(result)) return answerPart(send, result)
      refuse(send, result)
      if (isWriter(session, frame.address))
        session.streams.clients.fail(session.userId, frame.address, result)
    },
    // The hub is closed, and answers nothing any more.
    () => end(send),
  )
}

/** Answers the repetition of an end that is stored, once the result is, too. */
export function answerEndAgain(send: Send, place: EntryPlace | { readonly outcome: 'conflict' }): void {
  const { session, frame } = send
  if (!('at' in place)) return refuse(send, notWriter)
  session.streams.clients.settleEnd(session.userId, frame.address).then(
    () => {
      session.ok(frame.ref, encodeStored(place, true))
      end(send)
    },
    () => end(send),
  )
}

function answerPart(send: Send, place: EntryPlace): void {
  send.session.ok(send.frame.ref, encodeStored(place, false))
  end(send)
}

async function tryWrite({ session, frame, json, key }: Send): Promise<EntryPlace | WireError> {
  const { address, event, meta, ref } = frame
  const { clients } = session.streams
  const bad = (event === endEvent ? null : checkEvent(event)) ?? (meta === null ? null : noMeta)
  if (bad !== null) return bad
  if (json === null) return badPayload
  if (!isWriter(session, address)) return notWriter
  const writing = await clients.find(session, address)
  if (isFault(writing)) return writing
  const data =
    event === endEvent ? (readClientEnd(frame.data) ?? badEnd) : readPart(session, frame, writing.head)
  if (typeof data !== 'string') return data
  const refused = await askAgain(session, writing)
  if (refused !== null) return refused
  return clients.write(writing, { event, data, id: `${session.id}.${ref}`, key })
}

/** The head's id names the writer. */
const isWriter = ({ id }: Session, address: string): boolean =>
  writerOf(readStreamAddress(address)?.id ?? '.') === id

/** Returns a part as it is stored, or the error for data that is none. */
function readPart(session: Session, { event, data }: SendFrame, head: StreamHead): JsonText | WireError {
  if (event !== head.event) return otherEvent
  if (streamKindOf(data) !== head.kind || (typeof data === 'string' && !isWellFormed(data))) return badPart
  const valid = validateData(session, event, data)
  return 'code' in valid ? valid : (valid.json ?? encodeValue(data))
}

/** Asks the policy again for the head, when its answer is of another connection or a permission was taken back. */
async function askAgain(session: Session, writing: ClientWriting): Promise<WireError | null> {
  const { parent, event, data, meta } = writing.head
  const request = { action: 'send', address: parent, event, data: JSON.parse(data), meta } as const
  while (writing.allowedAt !== session.revision) {
    const { revision } = session
    const refused = await askPolicy(session, request, () => null)
    if (refused !== null) return refused
    writing.allowedAt = revision
  }
  return null
}
