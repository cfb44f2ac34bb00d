import { parseClientFrame } from '../../protocol/client-frames.ts'
import { encodeFrame } from '../../protocol/encode.ts'
import { Lines } from '../../protocol/json.ts'
import { abortDelay, excessPause, helloBytes, helloTransmissions } from '../../protocol/limits.ts'
import { ProtocolError } from '../../protocol/protocol-error.ts'
import type { Undo } from '../../runtime/runtime.ts'
import type { Place } from '../../transport/admission.ts'
import { Frame } from '../../transport/batch.ts'
import type { Connection, Handshake, Sink } from '../../transport/connection.ts'
import { CloseCode, closeReason } from '../../vocabulary/close-codes.ts'
import { exceedsBytes, printable } from '../../vocabulary/text.ts'
import { Excess } from '../connections/excess.ts'
import { Outbox } from '../connections/outbox.ts'
import type { HubContext } from '../context.ts'
import { executeFrame } from '../operations/dispatch.ts'
import type { HubState } from '../sessions/hub-state.ts'
import type { Session } from '../sessions/session.ts'
import type { SessionConnection } from '../sessions/session-connection.ts'
import { HubHandshake } from './handshake.ts'

/**
 * The code with which browsers close when a page is closed, reloaded or left: its session does not come back.
 */
const pageLeft = 1001

/** The `t` of the ping before a `bye`: its pong tells that the client has read the `bye`. */
const byePing = 1

/** Frames of a connection that are executed before the other connections have their turn. */
const framesOfTurn = 64

/** Characters of a frame that are as much work as a small frame. */
const bytesOfWork = 1_024

/** A transmission that waits to be executed. */
interface Transmission {
  readonly lines: Lines
  /** True when it was sent after the `welcome` (P-HS-4). */
  readonly afterWelcome: boolean
}

/** Parts of a connection that a transport has handed over. */
export interface AcceptedConnection {
  /** The transport's connection. */
  readonly connection: Connection
  /** The facts that the transport knows about the client. */
  readonly handshake: Handshake
  /** The place of the connection among those of the hub. */
  readonly place: Place
}

/**
 * The hub's end of one connection. It takes transmissions apart, frame by frame, for the handshake and then
 * for the session, and makes the peer wait while the peer does not read.
 */
export class HubConnection implements Sink, SessionConnection {
  // The fields that each transmission needs come first, because they then are next to each other in memory: of
  // a connection that was silent for a while, a busy hub finds none in the cache.
  readonly outbox: Outbox
  readonly #state: HubState
  readonly #context: HubContext
  #session: Session | null = null
  #pendingHandshake: HubHandshake | null
  /** The transmission that is executed, and those behind it. */
  #current: Transmission | null = null
  #later: Transmission[] | null = null
  #running = false
  #ended = false
  #paused = false
  /** Set while frames wait for their turn. */
  #waiting = false
  /** Number of frames since the last heartbeat; a large frame that cost no unit counts as several. */
  #frames = 0
  readonly connection: Connection
  readonly handshake: Handshake
  readonly place: Place
  readonly #onClosed: (connection: HubConnection) => void
  #helloTimer: Undo | null
  #abortTimer: Undo | null = null
  /** Set while the transport reads no more, because frames wait for their turn. */
  #held = false
  /** Set when the client was told to come back elsewhere. */
  #leaving = false
  /** Set when the client has shown that it has read so. */
  #byeRead = false
  /** Number of transmissions before the `welcome`. */
  #early = 0
  /** The transport's count of inbound bytes, and the time at which it was last seen to grow. */
  #received: number
  #heardAt: number
  /** The same of the outbox's count of outbound bytes. */
  #sent = 0
  #saidAt: number
  #pinged = Number.NEGATIVE_INFINITY
  #excess: Excess | null = null
  /** Time at which the connection was accepted. */
  readonly #since: number

  /** @param onClosed - Called once when the transport's connection has closed. */
  constructor(
    state: HubState,
    { connection, handshake, place }: AcceptedConnection,
    onClosed: (connection: HubConnection) => void,
  ) {
    const { context, flusher } = state
    const now = context.runtime.now()
    this.#state = state
    this.#context = context
    this.#onClosed = onClosed
    this.connection = connection
    this.handshake = handshake
    this.place = place
    this.outbox = new Outbox(connection, flusher, context.limits.queue)
    this.#since = now
    if (context.observe !== null) this.outbox.onQueue = (blocked, bytes) => this.#observeQueue(blocked, bytes)
    this.#pendingHandshake = new HubHandshake(state, this, (session) => this.#open(session))
    this.#received = connection.received
    this.#heardAt = now
    this.#saidAt = now
    this.#helloTimer = context.runtime.timer(context.timeouts.hello, () =>
      this.close(CloseCode.helloTimeout, 'no hello in time'),
    )
  }

  /** Starts to listen. A connection that has ended already says so in this call. */
  start(): void {
    this.connection.limitReceive(helloBytes)
    this.connection.attach(this)
  }

  receive(transmission: string | Uint8Array): void {
    if (this.#ended) return
    const early = this.#session === null
    const limit = early ? helloBytes : this.#context.limits.transmission
    if (
      transmission.length > limit ||
      (typeof transmission === 'string' && exceedsBytes(transmission, limit))
    )
      return this.#fail(new ProtocolError('a transmission is too large', CloseCode.tooLarge))
    if (typeof transmission !== 'string')
      return this.#fail(new ProtocolError('a binary message on a JSON connection'))
    if (early && ++this.#early > helloTransmissions)
      return this.#fail(new ProtocolError('more than one transmission before the welcome'))
    const added = { lines: new Lines(transmission), afterWelcome: !early }
    if (this.#current === null) this.#current = added
    else {
      this.#later ??= []
      this.#later.push(added)
    }
    if (this.#waiting) this.#hold()
    else this.#run()
    this.#state.flusher.transmissionRead()
  }

  drain(): void {
    this.outbox.drained()
    if (this.#ended) return
    this.#session?.subscriptions.pump()
    if (!this.#paused || this.outbox.full) return
    this.#paused = false
    this.#noteReceived(this.#context.runtime.now())
    this.connection.resume()
    this.#run()
  }

  closed(code: number, reason: string): void {
    this.#abortTimer?.()
    // After a `bye` the client only closes the connection that it has moved away from.
    this.#end(code, reason, (code === CloseCode.normal || code === pageLeft) && !this.#leaving)
    this.place.leave()
    this.#onClosed(this)
  }

  /**
   * Tells the client to come back elsewhere, or here after a while. Operations under way are finished
   * (P-LV-5).
   */
  bye(reason: string, retryAfter: number): void {
    this.#leaving = true
    if (this.#session === null) return this.close(CloseCode.goingAway, reason)
    this.outbox.push(new Frame(encodeFrame('ping', byePing)))
    this.outbox.push(new Frame(encodeFrame('bye', CloseCode.goingAway, reason, { retryAfter })))
  }

  /** True when the client has read the `bye`, and all its operations are answered. */
  get finished(): boolean {
    return this.#byeRead && this.#session?.idle === true
  }

  /**
   * Ends the connection after the frames that were written so far. Frames that arrive later are not executed.
   */
  close(code: number, reason: string): void {
    if (this.#ended) return
    this.outbox.flush()
    this.#end(code, reason, false)
    this.connection.close(code, reason)
    if (code !== CloseCode.slow) return
    this.#abortTimer = this.#context.runtime.timer(abortDelay, () =>
      this.connection.abort(new Error('unable to close: the peer takes nothing')),
    )
  }

  refuse(reason: string, retryAfter: number): void {
    if (this.#ended) return
    this.outbox.push(new Frame(encodeFrame('bye', CloseCode.rateLimited, reason, { retryAfter })))
    this.close(CloseCode.rateLimited, reason)
  }

  /**
   * Called at each heartbeat: pings, and closes a connection whose peer is silent or takes nothing (P-LV-1,
   * P-LV-4).
   */
  beat(now: number): void {
    if (this.#ended) return
    const { heartbeat } = this.#context.timeouts
    if (this.#received !== this.connection.received || this.#paused || this.#held) this.#noteReceived(now)
    if (this.#sent !== this.outbox.sent) {
      this.#sent = this.outbox.sent
      this.#saidAt = now
    }
    if (this.outbox.stalledFor(now) > this.#context.limits.stalled)
      this.close(CloseCode.slow, 'the connection takes nothing')
    else if (now - this.#heardAt >= 2 * heartbeat) this.close(CloseCode.noPong, 'nothing was heard')
    else if (now - Math.min(this.#heardAt, this.#saidAt) >= heartbeat) this.#ping(now)
    this.#session?.renew(now)
    if (this.#session !== null) this.#checkExcess(this.#session, now)
  }

  /** Closes a connection that goes on sending frames which cost no unit (P-LV-8). */
  #checkExcess(session: Session, now: number): void {
    const excess = this.#frames - session.charges.frames
    this.#frames = 0
    session.charges.frames = 0
    if (excess > 0) this.#excess ??= new Excess(this.#state.excess, session.charges.account, now)
    const state = this.#excess?.add(excess, now)
    if (state === 'calm') this.#endExcess()
    else if (state === 'over') this.refuse('too many frames that are refused or change nothing', excessPause)
  }

  #endExcess(): void {
    this.#excess?.end()
    this.#excess = null
  }

  #noteReceived(now: number): void {
    this.#received = this.connection.received
    this.#heardAt = now
  }

  /** The `welcome` is written: once the application has heard of the session, frames go to it. */
  #open(session: Session): void {
    this.#pendingHandshake = null
    this.#session = session
    this.connection.limitReceive(null)
    this.#observeConnect(session)
    session.announce()
    this.#run()
  }

  /** The peer broke the protocol. */
  #fail(error: ProtocolError): void {
    this.#context.reportError({ error, source: 'protocol', session: this.#session?.id })
    this.close(error.closeCode, error.message)
  }

  #end(code: number, reason: string, byClient: boolean): void {
    if (this.#ended) return
    this.#ended = true
    this.#endExcess()
    this.#stopHelloTimer()
    this.#current = null
    this.#later = null
    this.#pendingHandshake?.cancel({ code, reason, byClient })
    this.#pendingHandshake = null
    // The client chooses the reason of its close, and applications write reasons to logs.
    const told = printable(closeReason(reason))
    if (this.#session !== null) {
      this.#state.sessions.remove(this.#session)
      this.#session.end(code, told, byClient)
    }
    this.outbox.clear()
    this.#observeClose(code, told)
  }

  #observeConnect({ id: session, userId: user, resumed, transport }: Session): void {
    const { observe, runtime } = this.#context
    observe?.({ type: 'connect', session, user, resumed, transport, took: runtime.now() - this.#since })
  }

  #observeClose(code: number, reason: string): void {
    const session = this.#session?.id ?? null
    const user = this.#session?.userId ?? null
    const transport = this.connection.capabilities.name
    this.#context.observe?.({ type: 'close', session, user, transport, code, reason })
  }

  #observeQueue(blocked: boolean, bytes: number): void {
    this.#context.observe?.({ type: 'queue', session: this.#session?.id ?? null, blocked, bytes })
  }

  #ping(now: number): void {
    if (now - this.#pinged < this.#context.timeouts.heartbeat || this.outbox.blocked) return
    // The welcome is the hub's first frame (P-HS-1).
    if (this.#session === null) return
    this.#pinged = now
    this.#session.ping()
  }

  /**
   * Executes the frames that have arrived: in turn with the other connections, some at a time.
   */
  #run(): void {
    if (this.#running || this.#waiting) return
    this.#running = true
    const { turns } = this.#context
    let frames = 0
    while (!this.#ended && !this.#paused && this.#isReady()) {
      const transmission = this.#current
      if (transmission === null) break
      if (this.outbox.full) {
        this.#pause()
        break
      }
      if (frames > framesOfTurn || turns.over) {
        this.#waitForTurn()
        break
      }
      const line = transmission.lines.next()
      if (line === null) this.#current = this.#next()
      else {
        const charged = this.#session?.charges.frames
        this.#execute(line, transmission.afterWelcome)
        // A large frame is the work of many, also when it is refused.
        const work = 1 + Math.floor(line.length / bytesOfWork)
        this.#frames += this.#session?.charges.frames === charged ? work : 1
        turns.spend(work)
        frames++
      }
    }
    this.#running = false
  }

  /** Lets the transport read no more, because frames that were read wait for their turn. */
  #hold(): void {
    if (this.#held) return
    this.#held = true
    this.connection.pause()
  }

  #waitForTurn(): void {
    this.#waiting = true
    this.#context.turns.wait(this.outbox, () => {
      this.#waiting = false
      this.#run()
      if (!this.#waiting) this.#readOn()
    })
  }

  /** Lets the transport read again, unless the peer has to read first. */
  #readOn(): void {
    if (!this.#held) return
    this.#held = false
    if (!this.#paused && !this.#ended) this.connection.resume()
  }

  #next(): Transmission | null {
    const next = this.#later?.shift() ?? null
    if (next === null) this.#later = null
    return next
  }

  /** The timer holds this connection and memory of its own until it is forgotten. */
  #stopHelloTimer(): void {
    this.#helloTimer?.()
    this.#helloTimer = null
  }

  /** Frames behind the `hello` wait while the handshake is under way. */
  #isReady(): boolean {
    return this.#pendingHandshake === null || !this.#pendingHandshake.started
  }

  #pause(): void {
    this.#paused = true
    this.connection.pause()
  }

  #execute(line: string, afterWelcome: boolean): void {
    try {
      if (exceedsBytes(line, this.#context.limits.frame))
        throw new ProtocolError('a frame is too large', CloseCode.tooLarge)
      const frame = parseClientFrame(line)
      if (this.#pendingHandshake !== null) {
        this.#pendingHandshake.start(frame)
        this.#stopHelloTimer()
      } else if (this.#session !== null) {
        if (afterWelcome) this.#session.confirm()
        if (frame.type === 'pong' && frame.t === byePing) this.#byeRead = this.#leaving
        executeFrame(this.#session, frame, line.length)
      }
    } catch (error) {
      this.#fail(error instanceof ProtocolError ? error : this.#unexpected(error))
    }
  }

  /** An unexpected error ends this connection, and no other connection. */
  #unexpected(error: unknown): ProtocolError {
    this.#context.reportError({ error, source: 'handler', session: this.#session?.id })
    return new ProtocolError('the hub has failed', CloseCode.internal)
  }
}
