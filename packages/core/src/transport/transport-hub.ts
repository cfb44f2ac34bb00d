import type { Connection, Handshake } from './connection.ts'
import type { Refusal } from './refusal.ts'

/** Part of a hub that a transport uses: `Hub` has it. */
export interface TransportHub {
  /** True if the hub shuts down and takes no further connections. */
  readonly closing: boolean
  /** Sizes in bytes that a transport has to know, because a socket needs the same limits. */
  readonly limits: {
    /** Largest transmission that a client may send. */
    readonly transmission: number
    /** Most bytes that may wait for one client. */
    readonly queue: number
  }
  /** Subprotocols that the hub speaks. */
  readonly subprotocols: readonly string[]
  /**
   * Returns the refusal of a further connection from an address; `null` when the hub has a place for it. A
   * transport asks before it upgrades a request.
   */
  checkAdmission(remoteAddress: string): Refusal | null
  /**
   * Reports an error of an option of the transport, such as `onRefused`, or a function of it that rejects: in
   * `$error`, with the name of the option as `subject`.
   */
  reportError(error: unknown, option: string): void
  /** Takes over a connection that is open. The hub attaches its sink in this call. */
  accept(connection: Connection, handshake: Handshake): void
}
