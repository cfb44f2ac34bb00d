import { Frame } from '../transport/batch.ts'
import { readCast } from './connections/cast-message.ts'
import { allNodesChannel } from './nodes/node-channels.ts'
import type { NodeMessage } from './nodes/node-messages.ts'
import { readNotice } from './policy/notice.ts'
import { takeRevocation } from './policy/revoke.ts'
import { inheritSessions } from './sessions/hand-over.ts'
import type { HubState } from './sessions/hub-state.ts'
import type { HubAsks } from './target/hub-asks.ts'

/** Takes the texts that other nodes send to the channels of this node and of all nodes. */
export class NodeTexts {
  readonly #state: HubState
  readonly #asks: HubAsks

  constructor(state: HubState, asks: HubAsks) {
    this.#state = state
    this.#asks = asks
  }

  /** Takes a cast to a session, a notice about a session that may be on this node, or a message about an ask. */
  take(text: string): void {
    if (!text.startsWith('{')) return this.#castToSession(text)
    const notice = readNotice(text)
    if (notice === null) return this.#reportMalformed('take a notice')
    if ('type' in notice) return this.#takeMessage(notice)
    if ('revoke' in notice) return takeRevocation(this.#state, notice)
    const session = this.#state.sessions.get(notice.takeover)
    if (session !== undefined && session.generation < notice.generation) session.replace()
    this.#state.expiry.forget(notice.takeover, notice.generation - 1)
  }

  #takeMessage(message: NodeMessage): void {
    if (message.type === 'expiry') inheritSessions(this.#state, message)
    else if (message.type === 'cancel') this.#takeCancel(message)
    else this.#asks.takeMessage(message)
  }

  #castToSession(text: string): void {
    const cast = readCast(text)
    if (cast === null) return this.#reportMalformed('deliver a cast')
    const session = this.#state.sessions.get(cast.address.slice(1))
    if (session?.entered && session.id !== cast.session)
      session.outbox.pushCast(new Frame(cast.frame), cast.key)
  }

  /** Another version of the hub may write texts that this version does not know. */
  #reportMalformed(operation: string): void {
    this.#state.context.reportBackplane(new Error(`unable to ${operation}: it is malformed`), allNodesChannel)
  }

  /** Takes the cancel of a stream at another node. A cancel at this node has ended its stream already. */
  #takeCancel({ id, by }: { readonly id: string; readonly by: string }): void {
    if (by !== this.#state.context.id) this.#state.streams.takeCancel(id)
  }
}
