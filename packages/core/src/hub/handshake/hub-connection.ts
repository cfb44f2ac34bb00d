import { parseClientFrame } from '../../protocol/client-frames.ts'
import { encodeFrame } from '../../protocol/encode.ts'
import { lines } from '../../protocol/json.ts'
import { abortDelay, helloBytes, helloTransmissions } from '../../protocol/limits.ts'
import { ProtocolError } from '../../protocol/protocol-error.ts'
import type { Undo } from '../../runtime/runtime.ts'
import { Frame } from '../../transport/batch.ts'
import type { Connection, Handshake, Sink } from '../../transport/connection.ts'
import { CloseCode } from '../../vocabulary/close-codes.ts'
import { exceedsBytes } from '../../vocabulary/text.ts'
import { Outbox } from '../connections/outbox.ts'
import type { HubContext } from '../context.ts'
import type { Session } from '../sessions/session.ts'
import { Handshaker } from './handshake.ts'

/** What browsers close with when a page is closed, reloaded or left: its session is gone with it. */
const pageLeft = 1001

/**
 * The hub's end of one connection: takes transmissions apart, one frame after the other, runs the handshake first and the
 * session then, and holds the peer back while it does not read.
 *
 * @internal
 */
export class HubConnection implements Sink {
  readonly connection: Connection
  readonly handshake: Handshake
  readonly outbox: Outbox
  readonly #node: HubContext
  readonly #closed: (link: HubConnection) => void
  /** Transmissions that wait for their turn, and whether each was sent after the `welcome` (P-HS-4). */
  readonly #input: { readonly lines: Iterator<string>; readonly proof: boolean }[] = []
  #handshaker: Handshaker | null
  #session: Session | null = null
  #helloTimer: Undo
  #abortTimer: Undo | null = null
  #paused = false
  #running = false
  #gone = false
  /** It was told to come back elsewhere. */
  #leaving = false
  /** Transmissions before the welcome. */
  #early = 0
  /** When something was heard and said last, by what the transport has counted. */
  #heard: { received: number; at: number }
  #said: { sent: number; at: number }
  #pinged = Number.NEGATIVE_INFINITY

  constructor(
    node: HubContext,
    connection: Connection,
    handshake: Handshake,
    closed: (link: HubConnection) => void,
  ) {
    const now = node.runtime.now()
    this.#node = node
    this.#closed = closed
    this.connection = connection
    this.handshake = handshake
    this.outbox = new Outbox(connection, node.flusher, node.limits.queue)
    this.#handshaker = new Handshaker(node, this)
    this.#heard = { received: connection.received, at: now }
    this.#said = { sent: 0, at: now }
    this.#helloTimer = node.runtime.timer(node.timeouts.hello, () =>
      this.close(CloseCode.helloTimeout, 'no hello in time'),
    )
  }

  /** Starts to listen. A connection that has ended already says so in this call. */
  start(): void {
    this.connection.attach(this)
  }

  /** Whether the connection has ended, or its end has begun. */
  get gone(): boolean {
    return this.#gone
  }

  get session(): Session | null {
    return this.#session
  }

  receive(transmission: string | Uint8Array): void {
    if (this.#gone) return
    const stranger = this.#session === null
    const limit = stranger ? helloBytes : this.#node.limits.transmission
    if (
      transmission.length > limit ||
      (typeof transmission === 'string' && exceedsBytes(transmission, limit))
    )
      return this.fail(new ProtocolError('a transmission is too large', CloseCode.tooLarge))
    if (typeof transmission !== 'string')
      return this.fail(new ProtocolError('a binary message on a JSON connection'))
    if (stranger && ++this.#early > helloTransmissions)
      return this.fail(new ProtocolError('more than one transmission before the welcome'))
    this.#input.push({ lines: lines(transmission), proof: !stranger })
    this.#run()
  }

  drain(): void {
    this.outbox.drained()
    if (this.#gone) return
    this.#session?.pump()
    if (!this.#paused || this.outbox.full) return
    this.#paused = false
    this.#heard = { received: this.connection.received, at: this.#node.runtime.now() }
    this.connection.resume()
    this.#run()
  }

  /** The transport's word that the connection is gone. */
  closed(code: number, reason: string): void {
    this.#abortTimer?.()
    // After a `bye` it only closes what it has moved away from.
    this.#end(code, reason, (code === CloseCode.normal || code === pageLeft) && !this.#leaving)
    this.#closed(this)
  }

  /** Tells the client to come back somewhere else, or here after a while; what is under way is finished (P-LV-5). */
  bye(reason: string, retryAfter: number): void {
    this.#leaving = true
    if (this.#session === null) this.close(CloseCode.goingAway, reason)
    else this.outbox.push(new Frame(encodeFrame('bye', CloseCode.goingAway, reason, { retryAfter })))
  }

  /** The handshake is done: once the application has heard of it, frames go to the session. */
  open(session: Session, announce: () => void): void {
    this.#handshaker = null
    this.#session = session
    announce()
    this.#run()
  }

  /** Ends the connection after what was written so far. Nothing that arrives from now on is run. */
  close(code: number, reason: string): void {
    if (this.#gone) return
    this.outbox.flush()
    this.#end(code, reason, false)
    this.connection.close(code, reason)
    if (code !== CloseCode.slow) return
    this.#abortTimer = this.#node.runtime.timer(abortDelay, () =>
      this.connection.abort(new Error('unable to close: the peer takes nothing')),
    )
  }

  /** The peer broke the protocol. */
  fail(error: ProtocolError): void {
    this.#node.fault({ error, source: 'protocol', session: this.#session?.id })
    this.close(error.closeCode, error.message)
  }

  /** Looks at the clock: pings, gives up on a peer that is silent or takes nothing (P-LV-1, P-LV-4). */
  beat(now: number): void {
    if (this.#gone) return
    const { heartbeat } = this.#node.timeouts
    if (this.#heard.received !== this.connection.received || this.#paused)
      this.#heard = { received: this.connection.received, at: now }
    if (this.#said.sent !== this.outbox.sent) this.#said = { sent: this.outbox.sent, at: now }
    if (this.outbox.stalledFor(now) > this.#node.limits.stalled)
      this.close(CloseCode.slow, 'the connection takes nothing')
    else if (now - this.#heard.at >= 2 * heartbeat) this.close(CloseCode.noPong, 'nothing was heard')
    else if (now - Math.min(this.#heard.at, this.#said.at) >= heartbeat) this.#ping(now)
    this.#session?.renew(now)
  }

  #end(code: number, reason: string, asked: boolean): void {
    if (this.#gone) return
    this.#gone = true
    this.#helloTimer()
    this.#input.length = 0
    this.#handshaker?.cancel()
    this.#handshaker = null
    this.#session?.end(code, reason, asked)
    this.outbox.clear()
  }

  #ping(now: number): void {
    if (now - this.#pinged < this.#node.timeouts.heartbeat || this.outbox.blocked) return
    // The welcome is the hub's first frame (P-HS-1).
    if (this.#session === null) return
    this.#pinged = now
    this.#session.ping()
  }

  #run(): void {
    if (this.#running) return
    this.#running = true
    while (!this.#gone && !this.#paused && this.#ready()) {
      const transmission = this.#input[0]
      if (transmission === undefined) break
      if (this.outbox.full) {
        this.#pause()
        break
      }
      const line = transmission.lines.next()
      if (line.done === true) this.#input.shift()
      else this.#execute(line.value, transmission.proof)
    }
    this.#running = false
  }

  /** While the handshake is under way, what stands behind the `hello` waits. */
  #ready(): boolean {
    return this.#handshaker === null || !this.#handshaker.started
  }

  #pause(): void {
    this.#paused = true
    this.connection.pause()
  }

  #execute(line: string, proof: boolean): void {
    try {
      if (exceedsBytes(line, this.#node.limits.frame))
        throw new ProtocolError('a frame is too large', CloseCode.tooLarge)
      const frame = parseClientFrame(line)
      if (this.#handshaker !== null) {
        this.#handshaker.start(frame)
        this.#helloTimer()
      } else if (this.#session !== null) {
        if (proof) this.#session.confirm()
        this.#session.execute(frame)
      }
    } catch (error) {
      this.fail(error instanceof ProtocolError ? error : this.#surprise(error))
    }
  }

  /** Nothing below should throw; if it does, this connection pays for it and no other. */
  #surprise(error: unknown): ProtocolError {
    this.#node.fault({ error, source: 'handler', session: this.#session?.id })
    return new ProtocolError('something failed inside the hub', CloseCode.internal)
  }
}
