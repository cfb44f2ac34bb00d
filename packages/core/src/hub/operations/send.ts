import type { AppendKey, NewMessage } from '../../backplane/backplane.ts'
import type { SendFrame } from '../../protocol/client-frames.ts'
import { encodeStored, type WireError } from '../../protocol/encode.ts'
import type { JsonText } from '../../vocabulary/json-text.ts'
import type { SoundContent } from '../policy/replacement.ts'
import type { Turn } from '../sessions/address-queues.ts'
import type { Append, Appended } from '../sessions/append.ts'
import type { Session } from '../sessions/session.ts'
import { notifyListeners } from './notify.ts'

const conflict: WireError = {
  code: 'conflict',
  message: 'unable to send: this ref was used for something else, or is too old to be known',
}

/** A send in its turn. */
export interface Send {
  readonly session: Session
  readonly frame: SendFrame
  /** The turn in the queue of the address. */
  readonly turn: Turn
  /** The data as text; `null` for data that cannot be taken. */
  readonly json: JsonText | null
  /** The key by which the log recognises a repetition. */
  readonly key: AppendKey
}

/** Answers a send with an error, in its turn. */
export const refuse = (send: Send, error: WireError): void =>
  answerInTurn(send, () => send.session.err(send.frame.ref, error))

/** The answers to the sends to an address come in the order of their refs (P-ST-10). */
export function answerInTurn(send: Send, answer: () => void): void {
  send.session.appends.afterAnswers(send.frame.address, () => {
    answer()
    end(send)
  })
  send.turn.next()
}

/** Ends the turn of a send that is answered. */
export function end({ session, turn }: Send): void {
  session.window.end('publishing')
  turn.done()
}

/** A message of a client for the log. It is an object without closures, because each message makes one. */
export class SentMessage implements Append {
  readonly message: NewMessage
  readonly #send: Send
  readonly #content: SoundContent

  constructor(send: Send, content: SoundContent) {
    const { session, frame } = send
    const { data, meta } = content
    const id = `${session.id}.${frame.ref}`
    this.message = { event: frame.event, data, meta, from: session.userId, id, payer: session.payer }
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

/** Answers a send with the outcome of its append. */
export function answer(session: Session, ref: number, result: Appended): void {
  if (result.outcome === 'conflict') session.err(ref, conflict)
  else session.ok(ref, encodeStored(result, result.outcome === 'duplicate'))
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
