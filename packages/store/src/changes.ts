import type { Message } from '@chat/core'
import type { Reaction } from './message-item.ts'

/** Events that change an earlier message, which their `meta.of` names. */
export interface ChangeEvents {
  readonly edits: readonly string[]
  readonly removals: readonly string[]
  readonly reactions: readonly string[]
  /** Tells if an edit or a removal counts. */
  readonly mayChange: (change: Message, original: Message) => boolean
}

/** Changes of a message, folded. */
export interface Changed {
  readonly data: unknown
  readonly edited: boolean
  readonly removed: boolean
  readonly reactions: readonly Reaction[]
}

/** Id of the message that a message is about; `null` for none. */
export const ofMeta = ({ meta }: Pick<Message, 'meta'>): string | null => {
  const of = meta?.['of']
  return typeof of === 'string' ? of : null
}

/** The sender of a message and the hub may change it. */
export const bySender = (change: Message, original: Message): boolean =>
  change.from === original.from || change.from === null

/** Changes of messages, by the id of the message that they change, in the order of the log. */
export class Changes {
  readonly #events: ChangeEvents
  readonly #byId = new Map<string, Message[]>()

  constructor(events: ChangeEvents) {
    this.#events = events
  }

  /** Returns `true` for a message that changes another. */
  isChange(message: Message): boolean {
    const { edits, removals, reactions } = this.#events
    return (
      ofMeta(message) !== null && [edits, removals, reactions].some((names) => names.includes(message.event))
    )
  }

  /** Adds a change, before all others when it is `older`. Returns the id of the message that it changes. */
  add(change: Message, older: boolean): string {
    const of = ofMeta(change) ?? ''
    const known = this.#byId.get(of) ?? []
    if (!known.some(({ id }) => id === change.id)) {
      if (older) known.unshift(change)
      else known.push(change)
    }
    this.#byId.set(of, known)
    return of
  }

  /** Returns a message with its changes. `data` is that of the message. */
  fold(original: Message, data: unknown, user: string | null): Changed {
    const changes = this.#byId.get(original.id) ?? []
    const { edits, removals, reactions, mayChange } = this.#events
    const allowed = changes.filter((change) => mayChange(change, original))
    const removed = allowed.some(({ event }) => removals.includes(event))
    const edit = allowed.findLast(({ event }) => edits.includes(event))
    const reacted = changes.filter(({ event }) => reactions.includes(event))
    return {
      data: removed ? null : (edit?.data ?? data),
      edited: edit !== undefined,
      removed,
      reactions: foldReactions(reacted, user),
    }
  }
}

/** A reaction is a text, or `{ emoji, on }`, where `on: false` takes it back. */
function foldReactions(changes: readonly Message[], user: string | null): Reaction[] {
  const found = new Map<string, Set<string>>()
  for (const { data, from } of changes) {
    const { emoji, on = true } = (typeof data === 'string' ? { emoji: data } : (data ?? {})) as ReactionData
    if (typeof emoji !== 'string' || from === null) continue
    const users = found.get(emoji) ?? new Set()
    if (on === true) users.add(from)
    else users.delete(from)
    found.set(emoji, users)
  }
  return [...found]
    .filter(([, users]) => users.size > 0)
    .map(([emoji, users]) => ({ emoji, users: [...users], mine: user !== null && users.has(user) }))
}

interface ReactionData {
  readonly emoji?: unknown
  readonly on?: unknown
}
