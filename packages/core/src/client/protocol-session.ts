import { encodeFrame } from '../protocol/encode.ts'
import { type HubFrame, parseLogStart, type WelcomeFrame } from '../protocol/hub-frames.ts'
import { helloBytes } from '../protocol/limits.ts'
import type { Runtime, Undo } from '../runtime/runtime.ts'
import { type Aborter, createAborter } from '../runtime/signal.ts'
import { ChatError, type ErrorCode, UncertainError } from '../vocabulary/errors.ts'
import type { Position } from '../vocabulary/position.ts'
import { utf8Length } from '../vocabulary/text.ts'
import { closedError, wireError } from './connection/close-error.ts'
import { Connector, type ConnectorHost } from './connection/connector.ts'
import { Liveness } from './connection/liveness.ts'
import { TokenRefresh } from './connection/token-refresh.ts'
import type { Answering, Asked } from './operations/answer-ask.ts'
import { OperationWriter } from './operations/operation-writer.ts'
import type { Operation } from './operations/pending-operations.ts'
import type { ClientOptions, JoinOptions } from './options.ts'
import type { SnapshotEvent } from './subscriptions/snapshot.ts'
import type { PresenceWatcher, Receiver, Subscription } from './subscriptions/subscription.ts'
import { type Joined, Subscriptions } from './subscriptions/subscriptions.ts'
import type { ClientCounters, ClientStatus, Gap, Message } from './types.ts'

/** What a wire tells its client. */
export interface WireHost {
  /** A message to `*`, to the user, or to the session. */
  message(message: Message): void
  gap(gap: Gap): void
  snapshot(snapshot: SnapshotEvent): void
  /** Any message, before it is handed out: what the contract makes of it, or `null`. */
  accept(message: Message): Message | null
  /** Any gap or snapshot, before it is told. */
  told(what: Gap | SnapshotEvent): void
  status(status: ClientStatus, error: ChatError | undefined): void
  ask(ask: number, event: string, data: unknown, signal: AbortSignal): void
  fault(error: unknown, subject: string): void
}

/** The key of the streams in a `hello`, and what encloses them. */
const streamsBytes = 16

/** What a resumed session needs. */
interface Secret {
  readonly id: string
  readonly secret: string
  /** Attempts to resume with it so far (P-HS-4). */
  n: number
}

/**
 * The protocol from a client's side: the session, the operations that wait for their answers, and the streams, across connections.
 *
 * @internal
 */
export class ProtocolSession implements ConnectorHost, Answering {
  readonly counters: ClientCounters = { unknownFrames: 0, strayAnswers: 0 }
  readonly #watch: ClientOptions['environment']
  readonly #host: WireHost
  readonly #connector: Connector
  readonly #writer: OperationWriter
  readonly #streams: Subscriptions
  readonly #liveness: Liveness
  readonly #credentials: TokenRefresh
  #session: Secret | null = null
  #user: string | null = null
  #unwatch: Undo | null = null
  /** Ends with the connection: asks on it are answered nowhere else. */
  #connection: Aborter = createAborter()

  constructor(options: ClientOptions, runtime: Runtime, host: WireHost) {
    const { dial, token = null, connectTimeout = 10_000, maxQueued = 1_000, positions = {} } = options
    this.#watch = options.environment
    this.#host = host
    this.#connector = new Connector({ dial, runtime, token, connectTimeout }, this)
    this.#writer = new OperationWriter(runtime, maxQueued, () => this.#connector.writable)
    this.#streams = new Subscriptions(
      this.#streamsHost(runtime),
      { receiver: this.#own(), hook: options.snapshot },
      positions,
    )
    this.#liveness = new Liveness(runtime, this.#watched())
    this.#credentials = new TokenRefresh(runtime, token, {
      add: (operation) => this.add(operation),
      fault: (error, subject) => this.fault(error, subject),
    })
  }

  get status(): ClientStatus {
    return this.#connector.status
  }

  get user(): string | null {
    return this.#user
  }

  get sessionId(): string | null {
    return this.#session?.id ?? null
  }

  get positions(): Record<string, Position> {
    return this.#streams.positions
  }

  start(): void {
    const surroundings = {
      wake: () => this.#connector.connect(),
      check: () => this.#liveness.check(),
      move: () => this.#connector.move(),
    }
    this.#unwatch = this.#watch?.(surroundings) ?? null
    this.#connector.connect()
  }

  close(): void {
    this.#connector.close()
  }

  enter(address: string, receiver: Receiver, options: JoinOptions): void {
    this.#streams.enter(address, receiver, this.#connector.live !== null, options)
  }

  /** Shows who is in a room, until the undo. */
  watch(address: string, watcher: PresenceWatcher): Undo {
    return this.#streams.watch(address, watcher)
  }

  /** @throws ChatError `too_large`. */
  state(address: string, state: unknown): void {
    this.#writer.checkSize(JSON.stringify([address, state]))
    this.#streams.state(address, state)
  }

  exit(address: string, receiver: Receiver): void {
    this.#streams.exit(address, receiver, this.#connector.live !== null)
  }

  /** @throws ChatError `full` when too much waits already. */
  add(operation: Operation): void {
    this.#writer.add(operation)
  }

  remove(operation: Operation): 'waiting' | 'written' | 'settled' {
    return this.#writer.remove(operation)
  }

  /** Writes a volatile frame, or drops it; of those with one name the newest waits. */
  cast(frame: string, name: string | null): void {
    if (this.status !== 'closed') this.#writer.cast(frame, name)
  }

  /** @throws ChatError `too_large` when the frame of these elements would be over the hub's limit. */
  checkSize(json: string): void {
    this.#writer.checkSize(json)
  }

  answer(asked: Asked, frame: string): void {
    if (asked.signal !== this.#connection.signal) return
    if (this.#writer.fits(frame)) return this.#connector.live?.write(frame)
    const message = 'unable to answer: the answer is larger than a frame may be'
    this.fault(new ChatError('too_large', message), asked.event)
    this.#connector.live?.write(encodeFrame('refuse', asked.ask, 'too_large', message))
  }

  fault(error: unknown, subject: string): void {
    this.#host.fault(error, subject)
  }

  hello(token: string | null): string {
    if (this.#session !== null) this.#session.n++
    const hello = { v: [1, 1], token: token ?? undefined, session: this.#session ?? undefined }
    const budget = helloBytes - utf8Length(encodeFrame('hello', hello)) - streamsBytes
    return encodeFrame('hello', { ...hello, streams: this.#streams.request(budget) })
  }

  welcomed(welcome: WelcomeFrame): void {
    const { session, limits, resumed, user } = welcome
    if (this.#user !== null && this.#user !== user) this.#changeUser()
    if (this.status === 'closed') return
    this.#user = user
    this.#session = { ...session, n: 0 }
    this.#connection = createAborter()
    this.#writer.start(limits, resumed)
    // A frame at once proves that the new secret has arrived (P-HS-4).
    if (resumed) this.#connector.live?.write('["pong"]')
    this.#liveness.start(welcome)
    this.#credentials.start(welcome.expires)
    this.#streams.welcomed(user, resumed, welcome.streams)
  }

  received(frame: HubFrame): void {
    switch (frame.type) {
      case 'msg':
        return this.#streams.message(frame)
      case 'ok':
        if (!this.#writer.ok(frame.ref, frame.result)) this.counters.strayAnswers++
        return
      case 'err':
        if (!this.#writer.err(frame.ref, wireError(frame))) this.counters.strayAnswers++
        return
      case 'cast':
        return this.#streams.cast(frame)
      case 'ask':
        return this.#host.ask(frame.ask, frame.event, frame.data, this.#connection.signal)
      case 'presence':
        return this.#streams.presence(frame.address, frame.frame)
      case 'gap':
        return this.#streams.gap(frame.address, frame.reason, frame.position)
      case 'left':
        return this.#streams.left(frame.address, new ChatError(frame.code as ErrorCode, frame.message))
      case 'pong':
        return this.#liveness.pong()
      case 'unknown':
        this.counters.unknownFrames++
        return
      default:
        return
    }
  }

  writable(): void {
    this.#writer.pump()
  }

  lost(): void {
    this.#liveness.stop()
    this.#credentials.stop()
    this.#connection.abort(new Error('the connection was lost'))
    this.#streams.suspend()
    this.#writer.lost()
  }

  changed(status: ClientStatus, error: ChatError | undefined): void {
    if (status === 'closed') this.#end(error ?? closedError())
    this.#host.status(status, error)
  }

  #end(error: ChatError): void {
    this.#liveness.stop()
    this.#credentials.stop()
    this.#unwatch?.()
    this.#unwatch = null
    this.#connection.abort(error)
    this.#writer.fail(error)
    this.#streams.end(error)
  }

  /** Whatever was queued was another user's (P-HS-8). */
  #changeUser(): void {
    const error = new ChatError(
      'unauthorized',
      'unable to go on: the hub now knows this client as another user',
    )
    this.#writer.fail(error)
    this.#streams.restart(error)
    this.#host.fault(error, 'user')
  }

  /** `*` and the own inbox go to the client itself. */
  #own(): Receiver {
    return {
      message: (message) => this.#host.message(message),
      gap: (gap) => this.#host.gap(gap),
      snapshot: (snapshot) => this.#host.snapshot(snapshot),
      joined: () => {},
      left: (error, address) => this.#host.fault(error, address),
    }
  }

  #streamsHost(runtime: Runtime) {
    return {
      join: (subscription: Subscription, answer: (result: Joined | ChatError) => void) =>
        this.#join(subscription, answer),
      state: (address: string, state: unknown, failed: (error: unknown) => void) =>
        this.#state(address, state, failed),
      leave: (address: string) => this.#leave(address),
      accept: (message: Message) => this.#host.accept(message),
      missed: (gap: Gap) => this.#host.told(gap),
      restored: (snapshot: SnapshotEvent) => this.#host.told(snapshot),
      fault: (error: unknown, subject: string) => this.#host.fault(error, subject),
      random: () => runtime.random(),
      later: (delay: number, callback: () => void) => runtime.timer(delay, callback),
    }
  }

  #watched() {
    const wire = this
    return {
      get received(): number | null {
        return wire.#connector.live?.connection.received ?? null
      },
      get unanswered(): number | null {
        return wire.#writer.unanswered
      },
      get written(): number {
        return wire.#connector.live?.written ?? 0
      },
      ping: () => wire.#connector.live?.write('["ping"]'),
      pong: () => wire.#connector.live?.write('["pong"]'),
      drop: (reason: string) => wire.#connector.drop(reason),
    }
  }

  #join({ address, since, state }: Subscription, answer: (result: Joined | ChatError) => void): void {
    const options = since === null && state === undefined ? undefined : { since: since ?? undefined, state }
    this.add({
      publishes: false,
      repeat: 'bound',
      counts: true,
      frame: (ref) => encodeFrame('join', ref, address, options),
      resolve: (result) => answer({ attachment: parseLogStart(result), answer: result }),
      reject: (error) => {
        if (error instanceof ChatError && !(error instanceof UncertainError)) answer(error)
      },
    })
  }

  /** What becomes of it shows in the room; that it failed does not. */
  #state(address: string, state: unknown, failed: (error: unknown) => void): void {
    this.add({
      publishes: false,
      repeat: 'harmless',
      counts: true,
      frame: (ref) => encodeFrame('state', ref, address, state),
      resolve: () => {},
      reject: failed,
    })
  }

  /** Nobody waits for the answer. */
  #leave(address: string): void {
    this.add({
      publishes: false,
      repeat: 'bound',
      counts: false,
      frame: (ref) => encodeFrame('leave', ref, address),
      resolve: () => {},
      reject: () => {},
    })
  }
}
