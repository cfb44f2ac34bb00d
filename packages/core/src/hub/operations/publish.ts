import type { AppendKey, NewMessage } from '../../backplane/backplane.ts'
import type { SendFrame } from '../../protocol/client-frames.ts'
import { encodeStored, type WireError } from '../../protocol/encode.ts'
import { encodeValue } from '../../protocol/json.ts'
import { encodeMeta } from '../../protocol/meta.ts'
import { valueFault } from '../../protocol/values.ts'
import { fingerprint } from '../../runtime/hash.ts'
import { attempt, isPromise } from '../../runtime/maybe-promise.ts'
import { addressKind } from '../../vocabulary/address.ts'
import type { JsonText } from '../../vocabulary/json-text.ts'
import type { Meta } from '../../vocabulary/meta.ts'
import { authorizeContent } from '../policy/authorize.ts'
import type { SoundContent } from '../policy/replacement.ts'
import type { Turn } from '../sessions/address-queues.ts'
import type { Append, Appended } from '../sessions/append.ts'
import type { Session } from '../sessions/session.ts'
import { badPayload, checkEvent, checkMeta, type ValidData, validateEvent } from './checks.ts'
import { notifyListeners } from './notify.ts'

const conflict: WireError = {
  code: 'conflict',
  message: 'unable to send: this ref was used for something else, or is too old to be known',
}

const notWriter: WireError = {
  code: 'forbidden',
  message: 'unable to send: only its writer adds to a stream',
}

/** A send in its turn. */
interface Send {
  readonly session: Session
  readonly frame: SendFrame
  /** The turn in the queue of the address. */
  readonly turn: Turn
  /** The data as text; `null` for data that cannot be taken. */
  readonly json: JsonText | null
  /** The key by which the log recognises a repetition. */
  readonly key: AppendKey
}

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
  const over = send.session.chargeRate(send.frame.ref)
  if (over === null) checkAndStore(send)
  else refuse(send, over)
}

function checkAndStore(send: Send): void {
  const { session, frame, json } = send
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
  const allowed = authorizeContent(session, request, content)
  // The promise never rejects: every failure of the policy becomes an error for the client.
  if (isPromise(allowed)) void allowed.then((later) => store(send, later))
  else store(send, allowed)
}

function store(send: Send, allowed: WireError | SoundContent): void {
  if ('code' in allowed) return refuse(send, allowed)
  send.session.appends.append(send.frame.address, new SentMessage(send, allowed))
}

const refuse = (send: Send, error: WireError): void =>
  answerInTurn(send, () => send.session.err(send.frame.ref, error))

/** The answers to the sends to an address come in the order of their refs (P-ST-10). */
function answerInTurn(send: Send, answer: () => void): void {
  send.session.appends.afterAnswers(send.frame.address, () => {
    answer()
    end(send)
  })
  send.turn.next()
}

function end({ session, turn }: Send): void {
  session.window.end('publishing')
  turn.done()
}

/** A message of a client for the log. It is an object without closures, because each message makes one. */
class SentMessage implements Append {
  readonly message: NewMessage
  readonly #send: Send
  readonly #content: SoundContent

  constructor(send: Send, content: SoundContent) {
    const { session, frame } = send
    const { data, meta } = content
    const id = `${session.id}.${frame.ref}`
    this.message = { event: frame.event, data, meta, from: session.userId, id }
    this.#send = send
    this.#content = content
  }

  get key(): AppendKey {
    return this.#send.key
  }

  next(): void {
    this.#send.turn.next()
  }

  answered(result: Appended): void {
    const { session, frame } = this.#send
    answer(session, frame.ref, result)
    end(this.#send)
    if (result.outcome === 'stored') notifyStored(session, frame, this.#content, result)
  }
}

function answer(session: Session, ref: number, result: Appended): void {
  if (result.outcome === 'conflict') session.err(ref, conflict)
  else session.ok(ref, encodeStored(result, result.outcome === 'duplicate'))
}

function checkSend(session: Session, frame: SendFrame, sound: boolean): ValidData | WireError {
  const kind = addressKind(frame.address)
  if (kind === null) return { code: 'bad_request', message: 'unable to send: the address is malformed' }
  const bad = checkEvent(frame.event) ?? checkMeta(frame.meta)
  if (bad !== null) return bad
  if (kind === 'session')
    return { code: 'unsupported', message: 'unable to send: a session takes casts and asks only' }
  if (!sound) return badPayload
  return kind === 'stream' ? notWriter : validateEvent(session, frame.event, frame.data)
}

function notifyStored(
  session: Session,
  { event, address }: SendFrame,
  { value, facts: meta }: SoundContent,
  { epoch, at, id, time }: Exclude<Appended, { outcome: 'conflict' }>,
): void {
  if (!session.context.listeners.has(event)) return
  notifyListeners(
    session,
    { event, address, meta, durable: true, id, position: [epoch, at, id], time },
    value,
  )
}
