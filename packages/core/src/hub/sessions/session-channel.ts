/**
 * The backplane's channel for notices about single sessions: casts to a session, takeovers and revocations.
 * Every node listens to it.
 */
export const sessionChannel = '~'

/** Tells every node that a session goes on at another connection: older connections of it end (P-HS-5). */
export interface Takeover {
  /** The id of the session. */
  readonly takeover: string
  /** The generation of the newest connection: a notice that comes late must not end a newer one. */
  readonly generation: number
}
