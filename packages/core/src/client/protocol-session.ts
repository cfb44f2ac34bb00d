import { encodeFrame } from '../protocol/encode.ts'
import { durationOf, type HubFrame, type Welcome } from '../protocol/hub-frames.ts'
import { helloBytes } from '../protocol/limits.ts'
import { attempt } from '../runtime/maybe-promise.ts'
import type { Undo } from '../runtime/runtime.ts'
import { describe } from '../vocabulary/check-options.ts'
import { ChatError, UsageError } from '../vocabulary/errors.ts'
import { utf8Length } from '../vocabulary/text.ts'
import { closedError, frameError } from './connection/close-error.ts'
import { type ConnectedSession, Connector } from './connection/connector.ts'
import { Liveness } from './connection/liveness.ts'
import type { ClientContext } from './context.ts'
import { OperationWriter } from './operations/operation-writer.ts'
import { Operations } from './operations/operations.ts'
import { refuseAsk } from './operations/refuse-ask.ts'
import { TokenRefresh } from './operations/token-refresh.ts'
import type { ClientOptions } from './options.ts'
import type { SendKeeper } from './send-keeper.ts'
import type { StreamReading } from './stream-reading.ts'
import { Subscriptions } from './subscriptions/subscriptions.ts'
import type { ClientCounters, ClientStatus } from './types.ts'

/** Size of the key `streams` in a `hello`, with its punctuation, in bytes. */
const streamsBytes = 16

/** Data that a resume needs. */
interface Secret {
  readonly id: string
  readonly secret: string
  /** Number of attempts to resume with this secret so far (P-HS-4). */
  n: number
}

/**
 * Session of a client with its hub, across connections: says hello, and passes each frame to the part of the
 * client that it concerns.
 */
export class ProtocolSession implements ConnectedSession {
  readonly context: ClientContext
  readonly connector: Connector
  readonly writer: OperationWriter
  readonly operations: Operations
  readonly subscriptions: Subscriptions
  readonly counters: ClientCounters = { unknownFrames: 0, strayAnswers: 0 }
  readonly #liveness: Liveness
  readonly #tokens: TokenRefresh
  #secret: Secret | null = null
  #user: string | null = null
  #stopEnvironment: Undo | null = null
  readonly #reportEnvironment = (error: unknown): void => this.context.reportError(error, 'environment')

  constructor(context: ClientContext, options: ClientOptions) {
    const { dial, token = null, connectTimeout = 10_000, callTimeout = 30_000, maxQueued = 1_000 } = options
    const { runtime } = context
    this.context = context
    this.connector = new Connector(context, { dial, token, connectTimeout }, this)
    this.writer = new OperationWriter(runtime, this.connector, maxQueued)
    this.operations = new Operations(context, this.connector, this.writer, callTimeout)
    this.subscriptions = new Subscriptions(this, options)
    const open = options.streams ?? context.validator.open
    context.streams = (open?.(this as never) as StreamReading | undefined) ?? null
    context.outbox = options.outbox?.open(this as never) as SendKeeper | undefined
    this.#liveness = new Liveness(runtime, () => this.writer.oldestSend)
    this.#tokens = new TokenRefresh(context, token, this.writer)
  }

  /** Id of the user; `null` before the first `welcome`. */
  get user(): string | null {
    return this.#user
  }

  /** Public id of the session; `null` before the first `welcome`. */
  get id(): string | null {
    return this.context.session
  }

  /**
   * Connects at the end of the turn, with the hints of the environment: the application adds its listeners in
   * the turn in which it makes the client.
   */
  start(environment: ClientOptions['environment']): void {
    const hints = {
      wake: () => this.connector.wake(),
      check: () => this.#liveness.check(),
      move: () => this.connector.move(),
      online: (online: boolean) => {
        this.connector.setOnline(online)
        if (online) this.connector.wake()
        this.#liveness.check()
      },
    }
    const stop: unknown = environment?.(hints)
    if (stop !== undefined && typeof stop !== 'function')
      this.#reportEnvironment(
        new UsageError(`unable to end the environment: the function gave ${describe(stop)}, not a function`),
      )
    else this.#stopEnvironment = (stop as Undo | undefined) ?? null
    this.context.runtime.defer(() => this.connector.connect())
  }

  /** Connects now, or checks the connection that there is. */
  reconnect(): void {
    this.connector.wake()
    this.#liveness.check()
  }

  createHello(token: string | null): string {
    if (this.#secret !== null) this.#secret.n++
    const hello = { v: [1, 1], token: token ?? undefined, session: this.#secret ?? undefined }
    const budget = helloBytes - utf8Length(encodeFrame('hello', hello)) - streamsBytes
    return encodeFrame('hello', { ...hello, streams: this.subscriptions.request(budget) })
  }

  welcomed(welcome: Welcome): void {
    const { session, limits, user } = welcome
    const resumed = welcome.resumed === true
    const known = this.#user ?? this.context.outbox?.user ?? user
    if (known !== user) this.#changeUser()
    if (this.connector.status === 'closed') return
    this.#user = user
    this.#secret = { ...session, n: 0 }
    this.context.session = session.id
    this.writer.start(limits, resumed)
    const { live } = this.connector
    // A frame at once proves to the hub that the new secret has arrived (P-HS-4).
    if (resumed) live?.write('["pong"]')
    if (live !== null) this.#liveness.start(live, welcome)
    this.#tokens.start(durationOf(welcome.expires))
    this.subscriptions.welcomed(user, resumed, welcome.streams)
    this.context.outbox?.welcomed(user)
  }

  received(frame: HubFrame | null): void {
    this.subscriptions.keeper?.changed()
    switch (frame?.[0]) {
      case 'msg':
      case 'cast':
      case 'gap':
      case 'left':
        return this.subscriptions.receive(frame)
      case 'ok':
        if (!this.writer.ok(frame[1], frame[2])) this.counters.strayAnswers++
        return
      case 'err':
        if (!this.writer.err(frame[1], frameError(frame))) this.counters.strayAnswers++
        return
      case 'ask':
        return this.context.asks === null ? refuseAsk(this, frame) : this.context.asks.answer(frame)
      case 'cancel':
        this.context.writings?.get(frame[1])?.()
        return this.context.asks?.cancel(frame[1])
      case 'presence':
        return this.subscriptions.presence(frame[1], frame)
      case 'pong':
        this.connector.setOnline(true)
        return this.#liveness.pong()
      case undefined:
        this.counters.unknownFrames++
    }
  }

  writable(): void {
    this.writer.pump()
  }

  lost(): void {
    this.#stopConnection(new Error('the connection was lost'))
    this.subscriptions.suspend()
    this.writer.lost()
  }

  statusChanged(status: ClientStatus, error?: ChatError): void {
    // Without an error the application has closed its client.
    if (status === 'closed') {
      if (error === undefined) this.operations.close()
      this.#end(error ?? closedError())
    }
    const change = { status, error, retryIn: this.connector.retryIn ?? undefined }
    this.context.observe('status', change)
    this.context.emit('$status', change)
  }

  #stopConnection(reason: Error): void {
    this.#liveness.stop()
    this.#tokens.stop()
    this.context.asks?.stop(reason)
  }

  #end(error: ChatError): void {
    this.#stopConnection(error)
    attempt(
      () => this.#stopEnvironment?.(),
      () => {},
      this.#reportEnvironment,
    )
    this.#stopEnvironment = null
    this.context.outbox?.stop()
    this.writer.fail(error)
    this.subscriptions.end(error)
    this.subscriptions.keeper?.end()
  }

  /** Rejects all operations and ends all rooms, because they belong to the user before (P-HS-8). */
  #changeUser(): void {
    const error = new ChatError(
      'unauthorized',
      'unable to continue: the hub now knows this client as another user',
    )
    this.context.outbox?.stop()
    this.writer.fail(error)
    this.subscriptions.restart(error)
    this.context.reportError(error, 'user')
  }
}
