import type { Place } from '../../transport/admission.ts'
import type { Connection, Handshake } from '../../transport/connection.ts'
import type { Outbox } from '../connections/outbox.ts'

/** The connection that a session is on. */
export interface SessionConnection {
  /** The transport's connection. */
  readonly connection: Connection
  /** The facts that the transport knows about the client. */
  readonly handshake: Handshake
  /** The frames that the connection is about to be sent. */
  readonly outbox: Outbox
  /** The place of the connection among those of the hub. */
  readonly place: Place
  /** Closes the connection, after the frames that were written so far. */
  close(code: number, reason: string): void
  /**
   * Closes the connection with 4013, and tells the client by a `bye` after how many milliseconds it may come
   * back.
   */
  refuse(reason: string, retryAfter: number): void
}
