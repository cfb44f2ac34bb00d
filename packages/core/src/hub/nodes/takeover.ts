/**
 * Tells the node that held a session that the session goes on at another connection: older connections of it
 * end (P-HS-5).
 */
export interface Takeover {
  /** The id of the session. */
  readonly takeover: string
  /** The generation of the newest connection: a notice that comes late must not end a newer one. */
  readonly generation: number
}
