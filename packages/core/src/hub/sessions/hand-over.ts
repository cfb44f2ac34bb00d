import { nodeChannel } from '../nodes/node-channels.ts'
import { encodeNodeMessage, type NodeExpiry } from '../nodes/node-messages.ts'
import type { HubState } from './hub-state.ts'

/** Sessions that are named in one text. */
const sessionsPerText = 500

/**
 * Hands the sessions that this node watches over to another node, because the hub closes: that node emits
 * `$expire` for those that do not come back. Without another node, their end is not told.
 */
export async function handOverSessions({ context, expiry, nodes }: HubState): Promise<void> {
  const { backplane, id, runtime } = context
  const watched = expiry.close()
  if (watched.length === 0) return
  try {
    const others = (await nodes.list()).filter((node) => node !== id)
    const heir = others[Math.floor(runtime.random() * others.length)]
    if (heir === undefined) return
    for (let i = 0; i < watched.length; i += sessionsPerText) {
      const sessions = watched.slice(i, i + sessionsPerText)
      await backplane.publish(nodeChannel(heir), encodeNodeMessage({ type: 'expiry', id, sessions }))
    }
  } catch (error) {
    context.reportError({ error, source: 'backplane' })
  }
}

/** Watches the sessions that another node has handed over. */
export function inheritSessions({ expiry, sessions }: HubState, handed: NodeExpiry): void {
  // It may have been resumed here meanwhile.
  for (const watched of handed.sessions)
    if (sessions.get(watched.session) === undefined) expiry.watch(watched)
}
