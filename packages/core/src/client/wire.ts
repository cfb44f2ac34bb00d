import { ChatError, type ErrorCode, UncertainError } from '../errors.ts'
import type { Attachment, Position } from '../position.ts'
import { encodeFrame } from '../protocol/encode.ts'
import { type HubFrame, parseAttachment, type WelcomeFrame } from '../protocol/hub-frames.ts'
import { Bucket } from '../runtime/bucket.ts'
import { attempt } from '../runtime/later.ts'
import type { Runtime, Undo } from '../runtime/runtime.ts'
import { type Aborter, createAborter } from '../runtime/signal.ts'
import { exceedsBytes } from '../text.ts'
import type { Answering, Asked } from './asks.ts'
import { Connector, type ConnectorHost } from './connector.ts'
import type { ClientStatus, Gap, Message } from './events.ts'
import { Ledger, type Operation } from './ledger.ts'
import { Liveness } from './liveness.ts'
import type { ClientOptions } from './options.ts'
import { Streams } from './streams.ts'
import type { Receiver } from './subscription.ts'

/** What a wire tells its client. */
export interface WireHost {
  /** A message to `*`, to the user, or to the session. */
  message(message: Message): void
  gap(gap: Gap): void
  /** Any message, before it is handed out: what the contract makes of it, or `null`. */
  accept(message: Message): Message | null
  /** Any gap, before it is told. */
  missed(gap: Gap): void
  status(status: ClientStatus, error: ChatError | undefined): void
  ask(ask: number, event: string, data: unknown, signal: AbortSignal): void
  fault(error: unknown, subject: string): void
}

/** From its first write, a send is repeated for this long (P-PB-3). */
const publishHorizon = 60_000
/** The protocol's own limit, until a `welcome` names another. */
const frameBytes = 64 * 1024
/** Operations besides sends and calls that may be unanswered at a time (P-PB-6). */
const otherWindow = 16
/** Credentials are refreshed when this much of their time is left over. */
const refreshAt = 0.8

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
export class Wire implements ConnectorHost, Answering {
  readonly #options: ClientOptions
  readonly #runtime: Runtime
  readonly #host: WireHost
  readonly #connector: Connector
  readonly #ledger: Ledger
  readonly #streams: Streams
  readonly #liveness: Liveness
  #session: Secret | null = null
  #user: string | null = null
  #limits: WelcomeFrame['limits'] | null = null
  #bucket: Bucket | null = null
  #pacing: Undo | null = null
  #refresh: Undo | null = null
  #unwatch: Undo | null = null
  /** Ends with the connection: asks on it are answered nowhere else. */
  #connection: Aborter = createAborter()

  constructor(options: ClientOptions, runtime: Runtime, host: WireHost) {
    const { dial, token = null, connectTimeout = 10_000, outbox = 1_000, positions = {} } = options
    this.#options = options
    this.#runtime = runtime
    this.#host = host
    this.#connector = new Connector({ dial, runtime, token, connectTimeout }, this)
    this.#ledger = new Ledger(outbox)
    this.#streams = new Streams(
      {
        join: (address, since, answer) => this.#join(address, since, answer),
        leave: (address) => this.#quietly((ref) => encodeFrame('leave', ref, address)),
        accept: (message) => host.accept(message),
        missed: (gap) => host.missed(gap),
      },
      {
        message: (message) => host.message(message),
        gap: (gap) => host.gap(gap),
        joined: () => {},
        left: () => {},
      },
      positions,
    )
    this.#liveness = new Liveness(runtime, this.#watched())
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
    this.#unwatch =
      this.#options.watch?.({
        wake: () => this.#connector.connect(),
        check: () => this.#liveness.check(),
      }) ?? null
    this.#connector.connect()
  }

  close(code: number, error: ChatError): void {
    this.#connector.close(code, undefined)
    this.#end(error)
  }

  enter(address: string, receiver: Receiver): void {
    this.#streams.enter(address, receiver, this.#connector.live !== null)
  }

  exit(address: string, receiver: Receiver): void {
    this.#streams.exit(address, receiver, this.#connector.live !== null)
  }

  /** @throws ChatError `full` when too much waits already. */
  add(operation: Operation): void {
    this.#ledger.add(operation)
    this.#pump()
  }

  remove(operation: Operation): 'waiting' | 'written' | 'settled' {
    return this.#ledger.remove(operation)
  }

  /** Writes a volatile frame, or drops it. */
  cast(frame: string): void {
    const link = this.#connector.writable
    if (link === null || link.blocked || this.#bucket === null) return
    if (this.#bucket.take(this.#runtime.now()) === 0) link.write(frame)
  }

  /** @throws ChatError `too_large` when a frame would be over the hub's limit. */
  checkSize(json: string): void {
    const limit = this.#limits?.frame ?? frameBytes
    // The frame's type and a ref of 16 digits come on top.
    if (exceedsBytes(json, limit - 26))
      throw new ChatError('too_large', `unable to send: a frame may have ${limit} bytes`)
  }

  answer(asked: Asked, frame: string): void {
    if (asked.signal === this.#connection.signal) this.#connector.live?.write(frame)
  }

  fault(error: unknown, subject: string): void {
    this.#host.fault(error, subject)
  }

  hello(token: string | null): string {
    if (this.#session !== null) this.#session.n++
    return encodeFrame('hello', {
      v: [1, 1],
      token: token ?? undefined,
      session: this.#session ?? undefined,
      streams: this.#streams.request(),
    })
  }

  welcomed(welcome: WelcomeFrame): void {
    const { session, limits, resumed } = welcome
    if (this.#user !== null && this.#user !== welcome.user) this.#changeUser()
    this.#user = welcome.user
    this.#session = { ...session, n: 0 }
    this.#limits = limits
    this.#bucket = new Bucket(limits.rate, limits.burst, this.#runtime.now())
    this.#connection = createAborter()
    if (!resumed) this.#ledger.startAfresh()
    // A frame at once proves that the new secret has arrived (P-HS-4).
    if (resumed) this.#connector.live?.write('["pong"]')
    this.#streams.welcomed(welcome.user, welcome.streams)
    this.#liveness.start(welcome)
    this.#refreshAfter(welcome.expires)
  }

  received(frame: HubFrame): void {
    switch (frame.type) {
      case 'msg':
        return this.#streams.message(frame)
      case 'ok':
        if (this.#ledger.ok(frame.ref, frame.result)) this.#pump()
        return
      case 'err':
        if (this.#ledger.err(frame.ref, wireError(frame))) this.#pump()
        return
      case 'cast':
        return this.#streams.cast(frame)
      case 'ask':
        return this.#host.ask(frame.ask, frame.event, frame.data, this.#connection.signal)
      case 'gap':
        return this.#streams.gap(frame.address, frame.reason, frame.position)
      case 'left':
        return this.#streams.left(frame.address, new ChatError(frame.code as ErrorCode, frame.message))
      default:
        return
    }
  }

  writable(): void {
    this.#pump()
  }

  lost(): void {
    this.#connection.abort(new Error('the connection was lost'))
    this.#refresh?.()
    this.#pacing?.()
    this.#pacing = null
    this.#streams.suspend()
    this.#ledger.lost()
  }

  changed(status: ClientStatus, error: ChatError | undefined): void {
    if (status === 'closed' && error !== undefined) this.#end(error)
    this.#host.status(status, error)
  }

  #end(error: ChatError): void {
    this.#connection.abort(error)
    this.#liveness.stop()
    this.#refresh?.()
    this.#pacing?.()
    this.#unwatch?.()
    this.#ledger.fail(error)
    this.#streams.end(error)
  }

  /** Whatever was queued was another user's (P-HS-8). */
  #changeUser(): void {
    const error = new ChatError(
      'unauthorized',
      'unable to go on: the hub now knows this client as another user',
    )
    this.#ledger.fail(error)
    this.#streams.restart(error)
    this.#host.fault(error, 'user')
  }

  #watched() {
    const wire = this
    return {
      get received(): number | null {
        return wire.#connector.live?.connection.received ?? null
      },
      get unanswered(): number | null {
        return wire.#ledger.oldestWrite
      },
      ping: () => wire.#connector.live?.write('["ping"]'),
      drop: (reason: string) => wire.#connector.drop(reason),
      tick: (now: number) => wire.#ledger.expire(now - publishHorizon),
    }
  }

  /** Writes what waits, as far as windows, rate and the transport allow. */
  #pump(): void {
    const link = this.#connector.writable
    if (link === null || this.#bucket === null || this.#pacing !== null) return
    const windows = { publishes: this.#limits?.inflight ?? 1, others: otherWindow }
    for (;;) {
      const operation = this.#ledger.next(windows)
      if (operation === null || link.blocked) return
      const now = this.#runtime.now()
      const wait = operation.counts ? this.#bucket.take(now) : 0
      if (wait > 0) return this.#pace(wait)
      link.write(this.#ledger.write(now))
    }
  }

  #pace(wait: number): void {
    this.#pacing = this.#runtime.timer(wait, () => {
      this.#pacing = null
      this.#pump()
    })
  }

  #join(address: string, since: Position | null, answer: (result: Attachment | ChatError) => void): void {
    this.#ledger.add({
      publishes: false,
      repeat: 'never',
      counts: true,
      frame: (ref) => encodeFrame('join', ref, address, since === null ? undefined : { since }),
      resolve: (result) => answer(parseAttachment(result)),
      reject: (error) => {
        // A lost connection is no refusal: the next hello asks for it again.
        if (error instanceof ChatError && !(error instanceof UncertainError)) answer(error)
      },
    })
    this.#pump()
  }

  /** An operation whose answer nobody waits for. */
  #quietly(frame: (ref: number) => string): void {
    this.#ledger.add({
      publishes: false,
      repeat: 'never',
      counts: false,
      frame,
      resolve: () => {},
      reject: () => {},
    })
    this.#pump()
  }

  #refreshAfter(expires: number | undefined): void {
    this.#refresh?.()
    const { token } = this.#options
    if (expires === undefined || typeof token !== 'function') return
    this.#refresh = this.#runtime.timer(expires * refreshAt, () =>
      attempt(
        token,
        (value) => {
          if (value !== null) this.#authenticate(value)
        },
        (error) => this.fault(error, 'token'),
      ),
    )
  }

  #authenticate(token: string): void {
    this.#ledger.add({
      publishes: false,
      repeat: 'never',
      counts: false,
      frame: (ref) => encodeFrame('auth', ref, token),
      resolve: (result) => this.#refreshAfter((result as { expires?: number } | null)?.expires),
      reject: (error) => this.fault(error, 'token'),
    })
    this.#pump()
  }
}

function wireError(frame: Extract<HubFrame, { type: 'err' }>): ChatError {
  const { code, message, retryAfter, detail } = frame
  return new ChatError(
    code as ErrorCode,
    message,
    retryAfter === undefined ? { detail } : { detail, retryAfter },
  )
}
