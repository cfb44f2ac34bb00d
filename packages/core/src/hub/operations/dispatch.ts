import type { CancelFrame, ClientFrame, SendFrame } from '../../protocol/client-frames.ts'
import type { WireError } from '../../protocol/encode.ts'
import { ProtocolError } from '../../protocol/protocol-error.ts'
import { addressKind } from '../../vocabulary/address.ts'
import { CloseCode } from '../../vocabulary/close-codes.ts'
import type { Turn } from '../sessions/address-queues.ts'
import type { WindowKind } from '../sessions/operation-window.ts'
import type { Session } from '../sessions/session.ts'
import { call } from './call.ts'
import { cancel } from './cancel.ts'
import { cancelStream } from './cancel-stream.ts'
import { cast } from './cast.ts'
import { join } from './join.ts'
import { joinStream } from './join-stream.ts'
import { leave } from './leave.ts'
import { listMembers } from './list-members.ts'
import { publish } from './publish.ts'
import { readHistory } from './read-history.ts'
import { renewCredentials } from './renew-credentials.ts'
import { setState } from './set-state.ts'

/** An operation that is answered. */
type OperationFrame = Extract<ClientFrame, { ref: number }>
/** An operation on an address. */
type AddressedFrame = Extract<OperationFrame, { address: string }>

const busy: WireError = {
  code: 'busy',
  message: 'unable to run this operation: too many are unanswered',
  detail: { limit: 'inflight' },
}

/**
 * Executes a frame of a client after the handshake, in the order of checks of P-FR-9.
 *
 * @param bytes - Bytes of the frame's text, which count while its operation waits (P-LV-10).
 * @throws ProtocolError for a second `hello` (P-HS-1).
 */
export function executeFrame(session: Session, frame: ClientFrame, bytes: number): void {
  switch (frame.type) {
    case 'hello':
      throw new ProtocolError('a second hello')
    case 'ping':
      return session.outbox.pong(frame.t)
    case 'pong':
      return
    case 'reply':
    case 'refuse':
      if (session.asks.takeAnswer(frame)) session.charges.frames++
      return
    case 'unknown':
      return refuseUnknown(session, frame.ref)
    case 'cast':
      return cast(session, frame, bytes)
    default:
      return runInWindow(session, frame, bytes)
  }
}

/** Runs an operation in the window of its kind, or answers `busy` (P-PB-6). */
function runInWindow(session: Session, frame: OperationFrame, bytes: number): void {
  const { window } = session
  const kind = kindOf(frame)
  if (!window.begin(kind)) session.err(frame.ref, busy)
  else if (frame.type === 'call') call(session, frame, window.isFirst(frame.ref))
  else if (frame.type === 'cancel') runCancel(session, frame, () => window.end(kind))
  else if (frame.type === 'auth') finish(session, renewCredentials(session, frame), () => window.end(kind))
  else runAddressed(session, frame, bytes)
  window.noteRef(frame.ref)
}

/** Cancels a call, or a stream. */
function runCancel(session: Session, { ref, target }: CancelFrame, done: () => void): void {
  if (typeof target === 'string') return finish(session, cancelStream(session, ref, target), done)
  cancel(session, ref, target)
  done()
}

const kindOf = ({ type }: OperationFrame): WindowKind =>
  type === 'send' || type === 'call' ? 'publishing' : 'other'

/** Runs an operation after all earlier operations of the session on its address (P-PB-9). */
function runAddressed(session: Session, frame: AddressedFrame, bytes: number): void {
  const { ref, address, type } = frame
  const publishes = type === 'send'
  // A send that may be a repetition is looked up before it counts. Every other operation counts at once
  // (P-FR-9), except a leave, which never counts (P-LV-6).
  const mayRepeat = publishes && session.window.mayRepeat(ref)
  const over = mayRepeat ? session.charges.repetition() : type === 'leave' ? null : charge(session, frame)
  if (over !== null) return refuseInTurn(session, { ref, address, kind: kindOf(frame) }, over)
  session.queues.runTask(
    address,
    (turn) => {
      if (frame.type === 'send') publish(session, frame, mayRepeat, turn)
      else runOperation(session, frame, turn)
    },
    { bytes, overlaps: publishes },
  )
}

/** Charges an operation. The joins of streams are counted apart (P-SM-4). */
const charge = (session: Session, { type, ref, address }: AddressedFrame): WireError | null =>
  type === 'join' && addressKind(address) === 'stream'
    ? session.charges.streamJoin(ref)
    : session.charges.operation(ref)

/** An operation that is refused. The data is not part of it, because it waits for its turn. */
interface RefusedOperation {
  readonly ref: number
  readonly address: string
  readonly kind: WindowKind
}

/** Answers an error after the answers to the earlier operations of the address (P-ST-10). */
function refuseInTurn(session: Session, { ref, address, kind }: RefusedOperation, error: WireError): void {
  const refuse = (turn: Turn): void =>
    session.appends.afterAnswers(address, () => {
      session.err(ref, error)
      session.window.end(kind)
      turn.done()
    })
  session.queues.runTask(address, refuse, { overlaps: kind === 'publishing' })
}

function runOperation(session: Session, frame: Exclude<AddressedFrame, SendFrame>, turn: Turn): void {
  const done = (): void => {
    session.window.end('other')
    turn.done()
  }
  switch (frame.type) {
    case 'leave':
      leave(session, frame)
      return done()
    case 'join':
      return finish(
        session,
        addressKind(frame.address) === 'stream' ? joinStream(session, frame) : join(session, frame),
        done,
      )
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
