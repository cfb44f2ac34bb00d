import { encodeFrame } from '../../protocol/encode.ts'
import { type HubFrame, parseHubFrame } from '../../protocol/hub-frames.ts'
import { helloBytes } from '../../protocol/limits.ts'
import type { ClientRuntime } from '../../runtime/client-runtime.ts'
import type { Connection, Sink } from '../../transport/connection.ts'
import type { ChatError } from '../../vocabulary/errors.ts'
import { utf8Length } from '../../vocabulary/text.ts'

/** Receiver of the events of a {@link ClientConnection}. */
export interface ConnectionListener {
  /** A frame has arrived, other than a `ping`; `null` for a frame that this version does not know. */
  received(connection: ClientConnection, frame: HubFrame | null): void
  /** The transport accepts frames again. */
  drained(connection: ClientConnection): void
  /** The connection has ended. */
  ended(connection: ClientConnection, code: number, reason: string): void
  /** The hub has sent a malformed transmission. */
  broken(connection: ClientConnection, error: unknown): void
}

/**
 * Client's end of one connection: splits transmissions into frames, joins the frames of one turn into a
 * transmission, and answers pings.
 */
export class ClientConnection implements Sink {
  /** Time of the last frame that was written. */
  writtenAt: number
  /** `true` while the transport does not accept more frames. */
  blocked = false
  /** `true` after the hub's `welcome`. */
  welcomed = false
  /**
   * Maximum size of a transmission that the hub accepts, in bytes; until the `welcome` names another, that of
   * the `hello` (P-HS-2).
   */
  limit: number = helloBytes
  /** `true` after the hub's `bye`: the client starts no new operation on this connection. */
  leaving = false
  /** Time of the next attempt at the latest, when the hub's `bye` named one. */
  leaveAt: number | undefined
  /** Error with which this client itself gave up the connection. */
  cause: ChatError | null = null
  readonly #connection: Connection
  readonly #runtime: ClientRuntime
  readonly #listener: ConnectionListener
  /** Frames of this turn, and their size as a transmission. */
  #frames: string[] = []
  #bytes = 0
  #scheduled = false

  constructor(connection: Connection, runtime: ClientRuntime, listener: ConnectionListener) {
    this.#connection = connection
    this.#runtime = runtime
    this.#listener = listener
    this.writtenAt = runtime.now()
  }

  /** Starts to receive. Frames and an end that came earlier are received within this call. */
  attach(): void {
    this.#connection.attach(this)
  }

  /** Grows with all inbound data. */
  get received(): number {
    return this.#connection.received
  }

  /** Writes a frame at the end of the turn. */
  write(frame: string): void {
    const bytes = utf8Length(frame)
    this.writtenAt = this.#runtime.now()
    if (this.#bytes + 1 + bytes > this.limit) this.flush()
    this.#bytes += this.#frames.length > 0 ? 1 + bytes : bytes
    this.#frames.push(frame)
    if (this.#scheduled) return
    this.#scheduled = true
    this.#runtime.defer(() => {
      this.#scheduled = false
      this.flush()
    })
  }

  /** Writes all frames of this turn now. */
  flush(): void {
    if (this.#frames.length === 0) return
    const text = this.#frames.join('\n')
    const bytes = this.#bytes
    this.#frames = []
    this.#bytes = 0
    if (!this.#connection.send({ text, bytes, prepared: (_, make) => make(text) })) this.blocked = true
  }

  /** Closes the connection after the frames that were written before. */
  close(code: number, reason: string): void {
    this.flush()
    this.#connection.close(code, reason)
  }

  /** Ends the connection at once, without a closing handshake, and with this error for the session. */
  abort(cause: ChatError): void {
    this.cause = cause
    this.#connection.abort(cause)
  }

  receive(transmission: string | Uint8Array): void {
    try {
      if (typeof transmission !== 'string') throw new Error('a binary message on a JSON connection')
      for (const line of transmission.split('\n')) {
        const frame = parseHubFrame(line)
        if (frame?.[0] === 'ping') this.write(encodeFrame('pong', frame[1]))
        else this.#listener.received(this, frame)
      }
    } catch (error) {
      this.#listener.broken(this, error)
    }
  }

  drain(): void {
    this.blocked = false
    this.#listener.drained(this)
  }

  closed(code: number, reason: string): void {
    this.#listener.ended(this, code, reason)
  }
}
