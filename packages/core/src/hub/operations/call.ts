import {
  isPartSource,
  type PartSource,
  readAgain,
  readSource,
  type SourceReader,
} from '../../contract/part-source.ts'
import type { StreamKind } from '../../contract/stream.ts'
import { streamKindOf } from '../../contract/stream-kind.ts'
import { checkCarried } from '../../protocol/carried.ts'
import type { CallFrame } from '../../protocol/client-frames.ts'
import type { WireError } from '../../protocol/encode.ts'
import { encodeValue } from '../../protocol/json.ts'
import { answerBytes, cancelPatience } from '../../protocol/limits.ts'
import { isPromise } from '../../runtime/maybe-promise.ts'
import type { Undo } from '../../runtime/runtime.ts'
import { type Aborter, abortion, createAborter, onAbort } from '../../runtime/signal.ts'
import { describe } from '../../vocabulary/check-options.ts'
import { ChatError, type ErrorCode, UsageError } from '../../vocabulary/errors.ts'
import type { Meta } from '../../vocabulary/meta.ts'
import { exceedsBytes } from '../../vocabulary/text.ts'
import type { HubContext } from '../context.ts'
import type { CallContext } from '../events.ts'
import type { CallHandler } from '../hub-listeners.ts'
import { shownName } from '../observation.ts'
import type { User } from '../options.ts'
import type { OpenCall } from '../sessions/open-calls.ts'
import type { Session } from '../sessions/session.ts'
import type { StreamWriting } from '../streams/stream-writing.ts'
import { checkEvent, checkMeta, checkValue } from './checks.ts'

/**
 * Runs the handler of a call, at most once per connection (P-PB-7), and answers with its result. It runs in
 * one call when the handler answers at once.
 *
 * @param first - True when the ref is above all refs before it on the connection.
 */
export function call(session: Session, frame: CallFrame, first: boolean): void {
  const { context } = session
  const { ref, event } = frame
  const refuse = (error: WireError): void => {
    session.err(ref, error)
    session.window.end('publishing')
    observeCall(session, event, { code: error.code, took: 0 })
  }
  const refused = session.charges.operation(ref) ?? checkEvent(event) ?? checkCall(context, frame, first)
  if (refused !== null) return refuse(refused)
  const handler = context.listeners.handler(event)
  if (handler === undefined)
    return refuse({
      code: 'not_found',
      message: `unable to call '${event}': it has no handler${context.listeners.hint(event)}`,
    })
  new PendingCall(session, frame).run(handler, frame.data)
}

function observeCall(
  { context, id: session, userId: user }: Session,
  name: string,
  { code, took }: { readonly code: ErrorCode | null; readonly took: number },
): void {
  context.observe?.({ type: 'call', event: shownName(name), session, user, code, took })
}

function checkCall(context: HubContext, frame: CallFrame, first: boolean): WireError | null {
  const bad = checkMeta(frame.meta) ?? checkValue(frame.data, context.limits.depth)
  if (bad !== null) return bad
  return first
    ? null
    : { code: 'conflict', message: 'unable to call: this ref is not above all refs before it' }
}

/**
 * A call whose handler runs. It is settled once: by the handler's outcome, by the timeout, or after a cancel.
 * The timer and the signal are made when they are needed, because most handlers answer at once and look at no
 * signal.
 */
class PendingCall implements OpenCall {
  readonly #session: Session
  /** The call without its data, which takes many times its text and only the handler needs. */
  readonly #frame: Omit<CallFrame, 'data'>
  /** Time at which the handler had not answered in the call; 0 before that, and without an observer. */
  #since = 0
  #settled = false
  #cancelled = false
  /** Set when the call is answered by a stream, which goes on without the connection. */
  #streamed = false
  #aborter: Aborter | null = null
  #abortReason: unknown = null
  #stopTimer: Undo | null = null
  #ignoreEnd: Undo | null = null

  constructor(session: Session, { type, ref, event, meta }: CallFrame) {
    this.#session = session
    this.#frame = { type, ref, event, meta }
  }

  /** Runs the handler, in this call. */
  run(handler: CallHandler, data: unknown): void {
    const { event } = this.#frame
    let result: unknown
    try {
      const input = this.#session.context.validator.operation('calls', 'input', event, data)
      result = handler(input, new HandlerContext(this.#session, this.#frame, this))
      // The promise may be of another library, and throw when it is touched.
      if (isPromise(result)) return this.#wait(result)
    } catch (error) {
      return this.#fail(error)
    }
    this.#answer(result)
  }

  /**
   * The handler's signal: aborted by a cancel, by the timeout, and by the end of the connection before the
   * answer.
   */
  get signal(): AbortSignal {
    const aborter = this.#aborter ?? this.#makeAborter()
    return aborter.signal
  }

  #makeAborter(): Aborter {
    const aborter = createAborter()
    this.#aborter = aborter
    if (this.#abortReason !== null) aborter.abort(this.#abortReason)
    else if (!this.#settled && !this.#streamed)
      this.#ignoreEnd = onAbort(this.#session.aborter.signal, (reason) => aborter.abort(reason))
    return aborter
  }

  #wait(result: PromiseLike<unknown>): void {
    this.#open()
    Promise.resolve(result).then(
      (value) => this.#answer(value),
      (error) => this.#fail(error),
    )
  }

  /** Limits the time until the answer, and lets the client cancel the call until then. */
  #open(): void {
    if (this.#stopTimer !== null) return
    const { runtime, timeouts } = this.#session.context
    this.#stopTimer = runtime.timer(timeouts.call, () => this.#timeOut(), 'upkeep')
    this.#session.calls.add(this.#frame.ref, this)
    this.#since = this.#session.context.observedSince
  }

  /**
   * Answers by a stream to the caller's inbox (P-SM-11). It goes on without the connection; a client that has
   * lost the answer finds the head by its meta.
   */
  #answerByStream(source: PartSource<unknown>, kind: StreamKind | 'first'): void {
    this.#open()
    this.#streamed = true
    this.#ignoreEnd?.()
    const reader = readSource(source)
    this.#openStream(reader, kind).catch((error) => {
      reader.stop(error)
      this.#fail(error)
    })
  }

  /** Opens the stream. Where the first part decides if it is a text or a list, waits for that part. */
  async #openStream(reader: SourceReader, declared: StreamKind | 'first'): Promise<void> {
    const { streams, inbox, id } = this.#session
    const { event, ref } = this.#frame
    const first = declared === 'first' ? await reader.next() : null
    const kind = declared === 'first' ? kindOfFirst(event, first) : declared
    if (this.#cancelled || this.#settled) {
      reader.stop(this.#abortReason)
      return this.#answerCancelled()
    }
    const data = kind === 'list' ? '[]' : '""'
    const meta = { call: `${id}.${ref}` }
    const writing = await streams.open({
      parent: inbox,
      event,
      kind,
      data,
      from: null,
      meta,
      signal: undefined,
    })
    this.#pipe(writing, first === null ? reader : readAgain(first, reader))
  }

  #pipe(writing: StreamWriting, reader: SourceReader): void {
    onAbort(writing.signal, (reason) => this.#abort(reason))
    if (this.#cancelled || this.#settled) writing.abort(new ChatError('cancelled', this.#cancelText))
    // It rejects only when the hub is closed before the log has answered.
    writing.pipeFrom(reader).catch(() => {})
    if (this.#cancelled) return this.#answerCancelled()
    if (!this.#settle()) return
    this.#succeed(JSON.stringify(writing.address))
  }

  #timeOut(): void {
    const message = `unable to answer '${this.#frame.event}': it took too long`
    if (!this.#settle()) return
    this.#refuse({ code: 'timeout', message })
    this.#abort(new ChatError('timeout', message))
  }

  /**
   * Aborts the handler's signal. The answer is `cancelled`, once the handler has settled or after five seconds
   * (P-CN-2); its outcome is dropped. Until then the call counts in the window.
   */
  cancel(): void {
    this.#cancelled = true
    this.#stopTimer?.()
    this.#stopTimer = this.#session.context.runtime.timer(
      cancelPatience,
      () => this.#answerCancelled(),
      'upkeep',
    )
    this.#abort(new ChatError('cancelled', this.#cancelText))
  }

  get #cancelText(): string {
    return `unable to answer '${this.#frame.event}': the client has cancelled the call`
  }

  #answerCancelled(): void {
    if (this.#settle()) this.#refuse({ code: 'cancelled', message: this.#cancelText })
  }

  #abort(reason: unknown): void {
    this.#abortReason ??= reason
    this.#aborter?.abort(reason)
  }

  #answer(result: unknown): void {
    const { context } = this.#session
    const { event } = this.#frame
    const kind = streamedKind(context, event, result)
    if (this.#cancelled) {
      if (kind !== null) stopSource(result, this.#abortReason)
      return this.#answerCancelled()
    }
    if (kind !== null && !this.#settled) return this.#answerByStream(result as PartSource<unknown>, kind)
    if (!this.#settle()) return
    const outcome = encodeResult(context, event, result)
    if ('error' in outcome) return this.#refuse(this.#wireError(outcome.error))
    this.#succeed(outcome.json)
  }

  #succeed(json: string): void {
    this.#session.ok(this.#frame.ref, json)
    this.#session.window.end('publishing')
    this.#observe(null)
  }

  #fail(error: unknown): void {
    // The handler was told to stop, so its error is no fault.
    if (this.#cancelled || abortion(this.#aborter?.signal) !== null) this.#answerCancelled()
    else if (this.#settle()) this.#refuse(this.#wireError(error))
  }

  #refuse(error: WireError): void {
    this.#session.err(this.#frame.ref, error)
    this.#session.window.end('publishing')
    this.#observe(error.code)
  }

  #observe(code: ErrorCode | null): void {
    const { context } = this.#session
    if (context.observe === null) return
    const took = this.#stopTimer === null ? 0 : context.runtime.now() - this.#since
    observeCall(this.#session, this.#frame.event, { code, took })
  }

  /** Returns false when the call was settled before. */
  #settle(): boolean {
    if (this.#settled) return false
    this.#settled = true
    if (this.#stopTimer !== null) {
      this.#stopTimer()
      this.#session.calls.remove(this.#frame.ref)
    }
    this.#ignoreEnd?.()
    return true
  }

  #wireError(error: unknown): WireError {
    const { context, id: session } = this.#session
    return context.wireError(error, { source: 'handler', session, subject: this.#frame.event })
  }
}

/** The context that a handler gets. */
class HandlerContext implements CallContext {
  readonly event: string
  readonly meta: Meta | null
  readonly user: User
  readonly session: Session
  readonly #call: PendingCall

  constructor(session: Session, { event, meta }: Omit<CallFrame, 'data'>, pending: PendingCall) {
    this.event = event
    this.meta = meta as Meta | null
    this.user = session.user
    this.session = session
    this.#call = pending
  }

  get signal(): AbortSignal {
    return this.#call.signal
  }
}

/**
 * Returns the kind of stream by which a result answers the call; `null` for a result that is the answer itself.
 * The contract decides. Without validators the first part of an async iterable does, since an async iterable could
 * be no answer itself.
 */
function streamedKind(
  { validator }: HubContext,
  event: string,
  result: unknown,
): StreamKind | 'first' | null {
  if (!isPartSource(result)) return null
  if (validator.strict) return validator.stream(event)?.kind ?? null
  return Symbol.asyncIterator in result || 'getReader' in result ? 'first' : null
}

/** Returns the kind of a stream by its first part; a text for a source without parts. */
function kindOfFirst(event: string, first: Awaited<ReturnType<SourceReader['next']>> | null): StreamKind {
  if (first === null || first.done === true) return 'text'
  const kind = streamKindOf(first.value)
  if (kind !== null) return kind
  throw new UsageError(
    `unable to answer '${event}': the parts of its answer must be strings, or arrays of items, but the first is ${describe(first.value)}`,
  )
}

/** Tells a source that its parts are not needed. */
function stopSource(source: unknown, reason: unknown): void {
  if (isPartSource(source)) readSource(source).stop(reason)
}

/**
 * Encodes the result of a handler. A result that cannot be sent is the handler's mistake, so the client gets
 * `internal`.
 */
function encodeResult(
  context: HubContext,
  event: string,
  result: unknown,
): { json: string } | { error: unknown } {
  if (context.validator.stream(event) !== null) {
    const rule = 'it is a stream, so its handler must return an async iterable of the parts'
    return { error: new Error(`unable to send the result of '${event}': ${rule}`) }
  }
  try {
    context.validator.operation('calls', 'output', event, result)
    checkCarried(`answer '${event}'`, result)
    const json = encodeValue(result)
    if (!exceedsBytes(json, answerBytes)) return { json }
    return { error: new Error(`unable to answer '${event}': the result is over ${answerBytes} bytes`) }
  } catch (cause) {
    const reason = cause instanceof ChatError ? cause.message : 'it does not fit the contract'
    return { error: new Error(`unable to send the result of '${event}': ${reason}`, { cause }) }
  }
}
