import type { Untyped } from '@chat/core'
import { bySender } from '../changes.ts'
import { listOf } from '../check-options.ts'
import type { InitialMessages, MessageListOptions, MessagesSnapshot, MessagesStore } from '../index.ts'
import { Timeline } from '../timeline.ts'
import { noMessages } from './none.ts'

/** Returns the store that shows what a server has read for a page, on the server and until there is a room. */
export function initialMessages(
  events: string | readonly string[],
  { edits, removals, reactions, mayChange = bySender }: MessageListOptions<Untyped>,
  { messages, more = true }: InitialMessages,
): MessagesStore<Untyped, string> {
  const changes = {
    edits: listOf(edits),
    removals: listOf(removals),
    reactions: listOf(reactions),
    mayChange,
  }
  const timeline = new Timeline(listOf(events), changes, () => {})
  timeline.prepend(messages.filter(({ event }) => event !== '$redacted'))
  const items = timeline.items(null)
  const snapshot: MessagesSnapshot = { items, state: 'live', error: null, more, loadingOlder: false }
  return { ...noMessages, snapshot: () => snapshot as never }
}
