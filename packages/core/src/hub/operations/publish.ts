import type { AppendKey, NewMessage } from '../../backplane/backplane.ts'
import type { SendFrame } from '../../protocol/client-frames.ts'
import type { WireError } from '../../protocol/encode.ts'
import { encodeValue } from '../../protocol/json.ts'
import { encodeMeta } from '../../protocol/meta.ts'
import { valueFault } from '../../protocol/values.ts'
import { fingerprint } from '../../runtime/hash.ts'
import { attempt, whenReady } from '../../runtime/maybe-promise.ts'
import { addressKind } from '../../vocabulary/address.ts'
import type { Meta } from '../../vocabulary/meta.ts'
import { authorizeContent } from '../policy/authorize.ts'
import type { SoundContent } from '../policy/replacement.ts'
import type { Appended } from '../sessions/append.ts'
import type { Session } from '../sessions/session.ts'
import { badPayload, checkEvent, checkMeta, type ValidData, validateEvent } from './checks.ts'
import { notifyListeners } from './notify.ts'

/** The turn of a send in the queue of its address. */
export interface Turn {
  /** Called when the send was answered. */
  readonly done: () => void
  /** Called when the next send may be started. */
  readonly next: () => void
}

const conflict: WireError = {
  code: 'conflict',
  message: 'unable to send: this ref was used for something else, or is too old to be known',
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
  const { context } = session
  const { ref, address, event } = frame
  const { done, next } = turn
  // The answers to the sends to an address come in the order of their refs (P-ST-10).
  const inTurn = (answer: () => void): void => {
    session.appends.afterAnswers(address, () => {
      answer()
      done()
    })
    next()
  }
  const refuse = (error: WireError): void => inTurn(() => session.err(ref, error))
  const sound = valueFault(frame.data, context.limits.depth) === null
  const json = sound ? encodeValue(frame.data) : ''
  const key: AppendKey = {
    user: session.user.id,
    session: session.id,
    ref,
    hash: sound ? fingerprint(`${event}\n${json}`) : '',
    window: context.limits.inflight,
    by: context.id,
  }
  const proceed = (): void => {
    const over = mayRepeat ? session.chargeRate(ref) : null
    const valid = over ?? checkSend(session, frame, sound)
    if ('code' in valid) return refuse(valid)
    const meta = frame.meta as Meta | null
    const content = {
      data: json,
      meta: meta === null ? null : encodeMeta(meta),
      value: valid.data,
      facts: meta,
    }
    const store = (allowed: WireError | SoundContent): void => {
      if ('code' in allowed) return refuse(allowed)
      const message: NewMessage = {
        event,
        data: allowed.data,
        meta: allowed.meta,
        from: session.user.id,
        id: `${session.id}.${ref}`,
      }
      session.appends.append(address, {
        message,
        key,
        next,
        done: (result) => {
          answer(session, ref, result)
          done()
          if (result.outcome === 'stored') notifyStored(session, frame, allowed, result)
        },
      })
    }
    const request = { action: 'send', address, event, data: valid.data, meta } as const
    whenReady(authorizeContent(session, request, content), store, unexpected)
  }
  if (!mayRepeat || !sound || addressKind(address) === null) return proceed()
  attempt(
    () => context.backplane.find(address, key),
    (known) => {
      if (known === null || !('at' in known) || known.outcome === 'overtaken') return proceed()
      inTurn(() => answer(session, ref, known))
    },
    (error) => {
      // It may be a repetition: the append itself will tell.
      context.reportBackplane(error, address)
      proceed()
    },
  )
}

/** `authorizeContent` answers every failure of the policy with an error for the client, so it never rejects. */
function unexpected(error: unknown): never {
  throw error
}

function answer(session: Session, ref: number, result: Appended): void {
  if (result.outcome === 'conflict') return session.err(ref, conflict)
  const { epoch, at, id } = result
  const dup = result.outcome === 'duplicate' ? { dup: true } : {}
  session.ok(ref, JSON.stringify({ epoch, at, id, ...dup }))
}

function checkSend(session: Session, frame: SendFrame, sound: boolean): ValidData | WireError {
  const kind = addressKind(frame.address)
  if (kind === null) return { code: 'bad_request', message: 'unable to send: the address is malformed' }
  const bad = checkEvent(frame.event) ?? checkMeta(frame.meta)
  if (bad !== null) return bad
  if (kind === 'session')
    return { code: 'unsupported', message: 'unable to send: a session takes casts and asks only' }
  return sound ? validateEvent(session, frame.event, frame.data) : badPayload
}

function notifyStored(session: Session, frame: SendFrame, content: SoundContent, result: Appended): void {
  if (result.outcome === 'conflict') return
  const { epoch, at, id, time } = result
  const { event, address } = frame
  const { value, facts: meta } = content
  notifyListeners(
    session,
    { event, address, meta, durable: true, id, position: [epoch, at, id], time },
    value,
  )
}
