/**
 * The backplane's channel that every node listens to: for casts to a session, revocations, asks and cancels of
 * streams, and takeovers of a session whose node is unknown. The name is no address of a session.
 */
export const allNodesChannel = '~'

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
