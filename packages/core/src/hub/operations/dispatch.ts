import type { ClientFrame } from '../../protocol/client-frames.ts'
import type { WireError } from '../../protocol/encode.ts'
import { ProtocolError } from '../../protocol/protocol-error.ts'
import { CloseCode } from '../../vocabulary/close-codes.ts'
import type { QueuedTask } from '../sessions/address-queues.ts'
import type { WindowKind } from '../sessions/operation-window.ts'
import type { Session } from '../sessions/session.ts'
import { call } from './call.ts'
import { cast } from './cast.ts'
import { join } from './join.ts'
import { leave } from './leave.ts'
import { listMembers } from './list-members.ts'
import { publish, type Turn } from './publish.ts'
import { readHistory } from './read-history.ts'
import { renewCredentials } from './renew-credentials.ts'
import { setState } from './set-state.ts'

/** An operation on an address, which is answered. */
type AddressedFrame = Extract<ClientFrame, { ref: number; address: string }>

const busy: WireError = {
  code: 'busy',
  message: 'unable to run this operation: too many are unanswered',
  detail: { limit: 'inflight' },
}

/**
 * Executes a frame of a client after the handshake, in the order of checks of P-FR-9.
 *
 * @throws ProtocolError for a second `hello` (P-HS-1).
 */
export function executeFrame(session: Session, frame: ClientFrame): void {
  switch (frame.type) {
    case 'hello':
      throw new ProtocolError('a second hello')
    case 'ping':
      return session.outbox.pong(frame.t)
    case 'pong':
      return
    case 'reply':
    case 'refuse':
      return session.asks.takeAnswer(frame)
    case 'unknown':
      return refuseUnknown(session, frame.ref)
    case 'cast':
      return cast(session, frame)
    case 'auth':
      return runInWindow(session, { ref: frame.ref, kind: 'other' }, (done) =>
        finish(session, renewCredentials(session, frame), done),
      )
    case 'call': {
      const first = session.window.isFirst(frame.ref)
      return runInWindow(session, { ref: frame.ref, kind: 'publishing' }, (done) =>
        call(session, frame, first, done),
      )
    }
    default:
      return runAddressed(session, frame)
  }
}

/** Runs an operation after all earlier operations of the session on its address (P-PB-9). */
function runAddressed(session: Session, frame: AddressedFrame): void {
  const { ref } = frame
  const publishes = frame.type === 'send'
  runInWindow(session, { ref, kind: publishes ? 'publishing' : 'other' }, (done) => {
    // A send that may be a repetition is looked up before it counts. Every other operation counts at once
    // (P-FR-9), except a leave, which never counts (P-LV-3).
    const mayRepeat = publishes && session.window.mayRepeat(ref)
    const over = mayRepeat || frame.type === 'leave' ? null : session.chargeRate(ref)
    const task: QueuedTask = (finished, next) => {
      const turn: Turn = {
        done: () => {
          done()
          finished()
        },
        next,
      }
      if (over === null) return runOperation(session, frame, mayRepeat, turn)
      session.appends.afterAnswers(frame.address, () => {
        session.err(ref, over)
        turn.done()
      })
    }
    session.queues.runTask(frame.address, task, publishes)
  })
}

function runOperation(session: Session, frame: AddressedFrame, mayRepeat: boolean, turn: Turn): void {
  const { done } = turn
  switch (frame.type) {
    case 'send':
      return publish(session, frame, mayRepeat, turn)
    case 'leave':
      leave(session, frame)
      return done()
    case 'join':
      return finish(session, join(session, frame), done)
    case 'read':
      return finish(session, readHistory(session, frame), done)
    case 'state':
      return finish(session, setState(session, frame), done)
    case 'who':
      return finish(session, listMembers(session, frame), done)
  }
}

/**
 * Calls `done` after an operation. An operation that fails unexpectedly ends its connection, and no other
 * connection.
 */
function finish(session: Session, operation: Promise<void>, done: () => void): void {
  operation.then(done, (error) => {
    session.context.reportError({ error, source: 'handler', session: session.id })
    session.close(CloseCode.internal, 'the hub has failed')
    done()
  })
}

/** Runs an operation in the window of its kind, or answers `busy` (P-PB-6). */
function runInWindow(
  session: Session,
  { ref, kind }: { readonly ref: number; readonly kind: WindowKind },
  operation: (done: () => void) => void,
): void {
  const { window } = session
  if (window.begin(kind)) operation(() => window.end(kind))
  else session.err(ref, busy)
  window.noteRef(ref)
}

function refuseUnknown(session: Session, ref: number | null): void {
  if (ref === null) {
    session.context.counters.unknownFrames++
    return
  }
  session.err(ref, {
    code: 'unsupported',
    message: 'unable to run this operation: the hub does not know its type',
  })
  session.window.noteRef(ref)
}
