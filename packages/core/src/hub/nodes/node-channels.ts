/**
 * The backplane's channel that every node listens to: for casts to a session, revocations, asks and cancels of
 * streams, and takeovers of a session whose node is unknown. The name is no address of a session.
 */
export const allNodesChannel = '~'

/** Returns the channel for notices to one node. */
export const nodeChannel = (node: string): string => `~${node}`
