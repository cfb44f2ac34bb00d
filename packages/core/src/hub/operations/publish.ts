import type { AppendKey } from '../../backplane/backplane.ts'
import type { SendFrame } from '../../protocol/client-frames.ts'
import type { WireError } from '../../protocol/encode.ts'
import { encodeValue } from '../../protocol/json.ts'
import { encodeMeta, isHeadMeta } from '../../protocol/meta.ts'
import { valueFault } from '../../protocol/values.ts'
import { fingerprint } from '../../runtime/hash.ts'
import { attempt, isPromise } from '../../runtime/maybe-promise.ts'
import { type AddressKind, addressKind } from '../../vocabulary/address.ts'
import { endEvent } from '../../vocabulary/message.ts'
import type { Meta } from '../../vocabulary/meta.ts'
import { authorizeContent } from '../policy/authorize.ts'
import type { SoundContent } from '../policy/replacement.ts'
import type { Turn } from '../sessions/address-queues.ts'
import type { Appended } from '../sessions/append.ts'
import type { Session } from '../sessions/session.ts'
import { badPayload, checkEvent, checkMeta, type ValidData, validateEvent } from './checks.ts'
import { noClientStreams, openClientStream, validateHead } from './open-client-stream.ts'
import { answer, answerInTurn, refuse, type Send, SentMessage } from './send.ts'
import { answerEndAgain, notWriter, writePart } from './write-part.ts'

/**
 * Publishes a durable message: recognises a repetition, checks in the order of P-FR-9, appends, answers with
 * the position, and then calls the listeners. It runs in one call when the application and the backplane
 * answer at once.
 *
 * @param mayRepeat - True when the frame may be a repetition, which is looked up before it counts toward the
 * rate.
 */
export function publish(session: Session, frame: SendFrame, mayRepeat: boolean, turn: Turn): void {
  const { context, id, userId } = session
  const { ref, address, event, data } = frame
  const sound = valueFault(data, context.limits.depth) === null
  // The client's own text is not stored: it may have a key twice, or digits that no double holds, and another
  // parser would read such a text in another way than the validator and the policy did here.
  const json = sound ? encodeValue(data) : null
  const key: AppendKey = {
    user: userId,
    session: id,
    ref,
    hash: json === null ? '' : fingerprint(`${event}\n${json}`),
    window: context.limits.inflight,
    by: context.id,
  }
  const send = { session, frame, turn, json, key }
  if (!mayRepeat) checkAndStore(send)
  else if (!sound || addressKind(address) === null) chargeAndStore(send)
  else lookUp(send)
}

/** Answers a send that the log has already stored; every other send goes on. */
function lookUp(send: Send): void {
  const { session, frame, key } = send
  const { context } = session
  const since = context.observedSince
  attempt(
    () => context.backplane.find(frame.address, key),
    (known) => {
      if (known === null || !('at' in known) || known.outcome === 'overtaken') return chargeAndStore(send)
      observeRepetition(send, known, since)
      if (frame.event === endEvent) return answerEndAgain(send, known)
      answerInTurn(send, () => answer(session, frame.ref, known))
    },
    (error) => {
      // It may be a repetition: the append itself will tell.
      context.reportBackplane(error, frame.address)
      chargeAndStore(send)
    },
  )
}

function observeRepetition({ session, frame }: Send, known: Appended, since: number): void {
  const { context, userId: from, id: sender } = session
  const { address, event, ref } = frame
  const { outcome } = known
  const took = context.runtime.now() - since
  context.observe?.({ type: 'append', address, event, from, id: `${sender}.${ref}`, outcome, took })
}

function chargeAndStore(send: Send): void {
  const over = send.session.charges.operation(send.frame.ref)
  if (over === null) checkAndStore(send)
  else refuse(send, over)
}

function checkAndStore(send: Send): void {
  const { session, frame, json } = send
  if (session.context.hasClientStreams && addressKind(frame.address) === 'stream') return writePart(send)
  const valid = checkSend(session, frame, json !== null)
  if ('code' in valid) return refuse(send, valid)
  const { address, event } = frame
  const meta = frame.meta as Meta | null
  const content: SoundContent = {
    data: valid.json ?? json ?? '',
    meta: meta === null ? null : encodeMeta(meta),
    value: valid.data,
    facts: meta,
  }
  const request = { action: 'send', address, event, data: valid.data, meta } as const
  const { revision } = session
  const allowed = authorizeContent(session, request, content)
  // The promise never rejects: every failure of the policy becomes an error for the client.
  if (isPromise(allowed)) void allowed.then((later) => store(send, later, revision))
  else store(send, allowed, revision)
}

/** @param askedAt - The {@link Session.revision} at which the policy was asked. */
function store(send: Send, allowed: WireError | SoundContent, askedAt: number): void {
  if ('code' in allowed) return refuse(send, allowed)
  if (isHead(send.session, send.frame)) return openClientStream(send, allowed, askedAt)
  send.session.appends.append(send.frame.address, new SentMessage(send, allowed))
}

function checkSend(session: Session, frame: SendFrame, sound: boolean): ValidData | WireError {
  const kind = addressKind(frame.address)
  if (kind === null) return { code: 'bad_request', message: 'unable to send: the address is malformed' }
  const opens = isHead(session, frame)
  const bad = checkName(kind, frame.event) ?? (opens ? null : checkFacts(frame.meta))
  if (bad !== null) return bad
  if (kind === 'session')
    return { code: 'unsupported', message: 'unable to send: a session takes casts and asks only' }
  if (!sound) return badPayload
  if (kind === 'stream') return notWriter
  return (opens ? validateHead : validateEvent)(session, frame.event, frame.data)
}

/** The error for meta names a head, whose sender cannot know that the hub takes none. */
function checkFacts(meta: unknown): WireError | null {
  const bad = checkMeta(meta)
  return bad !== null && isHeadMeta(meta) ? noClientStreams : bad
}

/** The end of a stream is a name of the SDK, which only a stream takes (P-PB-10). */
const checkName = (kind: AddressKind, event: string): WireError | null =>
  kind === 'stream' && event === endEvent ? null : checkEvent(event)

/** Tells if a send opens a stream (P-SM-12). */
const isHead = ({ context }: Session, { meta }: SendFrame): boolean =>
  meta !== null && context.hasClientStreams && isHeadMeta(meta)
