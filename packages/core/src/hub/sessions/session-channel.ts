/**
 * The backplane's channel for notices about single sessions: casts to a session, revocations, and takeovers
 * of a session whose node is unknown. Every node listens to it.
 */
export const sessionChannel = '~'

/** Returns the channel for notices to one node. */
export const nodeChannel = (node: string): string => `~${node}`

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
