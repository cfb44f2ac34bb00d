import type { ChatError, Message, Position, Undo } from '@chat/core'
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
  readonly changeError: ChatError | null
}

/** Change of this client on its way to the log. */
export interface PendingChange {
  /** It was written with this id. */
  written(id: string): void
  /** The log has stored it. */
  stored(id: string, position: Message['position']): void
  /** It was refused, or no answer tells if the log has it. */
  failed(error: ChatError): void
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
  /** Changes of this client that the log has not answered, by the id of the message that they change. */
  readonly #pending = new Map<string, Message[]>()
  /** Changes of this client that have failed, with the id of the change, by the id of the message. */
  readonly #failed = new Map<string, { readonly error: ChatError; readonly id: string }>()

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
      // An own change may be known before an earlier change of another device has come.
      known.sort(byPosition)
    }
    this.#byId.set(of, known)
    // No answer told if the log has it: it has.
    if (this.#failed.get(of)?.id === change.id) this.#failed.delete(of)
    return of
  }

  /** Drops the changes before a position: the pages that have their messages have them too. */
  dropBefore([epoch, at]: Position): void {
    const isKept = ({ position }: Message): boolean => position[0] === epoch && position[1] >= at
    for (const [of, changes] of this.#byId) {
      const kept = changes.filter(isKept)
      if (kept.length > 0) this.#byId.set(of, kept)
      else this.#byId.delete(of)
    }
  }

  /** Shows a change of this client before the log has it. `changed` is called when that ends. */
  addPending(change: Message, changed: (of: string) => void): PendingChange {
    const of = ofMeta(change) ?? ''
    this.#failed.delete(of)
    let written = ''
    this.#pending.set(of, [...(this.#pending.get(of) ?? []), change])
    const end: Undo = () => {
      this.#pending.set(of, this.#pending.get(of)?.filter((other) => other !== change) ?? [])
      changed(of)
    }
    return {
      written: (id) => {
        written = id
      },
      stored: (id, position) => {
        this.add({ ...change, id, position }, false)
        end()
      },
      failed: (error) => {
        const isStored = this.#byId.get(of)?.some(({ id }) => id === written)
        if (isStored !== true) this.#failed.set(of, { error, id: written })
        end()
      },
    }
  }

  /** Returns a message with its changes. `data` is that of the message. */
  fold(original: Message, data: unknown, user: string | null): Changed {
    const changes = [...(this.#byId.get(original.id) ?? []), ...(this.#pending.get(original.id) ?? [])]
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
      changeError: this.#failed.get(original.id)?.error ?? null,
    }
  }
}

/** Order of two changes in the log; that in which they came, when they are of different logs. */
const byPosition = ({ position: [epoch, at] }: Message, { position: other }: Message): number =>
  epoch === other[0] ? at - other[1] : 0

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
