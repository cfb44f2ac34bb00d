import type { Message, Position } from '@chat/core'
import type { GapItem } from './message-item.ts'

/** Position up to which a user has read. */
export interface Receipt {
  /** Id of the user. */
  readonly user: string
  /** Position of the last message that the user has read. */
  readonly position: Position
}

/** Receipts of a log, and the messages of others behind that of this user. */
export class Receipts {
  /** Event of the receipts. */
  readonly event: string
  readonly #events: ReadonlySet<string>
  /** Positions of the messages of others, in the order of the log. */
  #messages: Position[] = []
  #mark: Position | null = null
  /** Position of the oldest message that was read. */
  #oldest: Position | null = null
  /** `true` when messages were lost behind the mark. */
  #holed = false
  #others: readonly Receipt[] = []

  constructor(events: readonly string[], event: string) {
    this.#events = new Set(events)
    this.event = event
  }

  /** Number of unread messages that are known. */
  get count(): number {
    const mark = this.#mark
    if (mark === null) return this.#messages.length
    return this.#messages.filter(([epoch, at]) => epoch !== mark[0] || at > mark[1]).length
  }

  /** Position of the last unread message; `null` for none. */
  get last(): Position | null {
    return this.#messages.at(-1) ?? null
  }

  /** `true` when the log was read back to the mark, so that no unread message is missing. */
  get complete(): boolean {
    const [mark, oldest] = [this.#mark, this.#oldest]
    return (
      mark !== null && oldest !== null && mark[0] === oldest[0] && oldest[1] <= mark[1] + 1 && !this.#holed
    )
  }

  /** Position up to which this user has read; `null` for none that is known. */
  get mark(): Position | null {
    return this.#mark
  }

  /** Receipts of others. The list is the same while none has changed. */
  get others(): readonly Receipt[] {
    return this.#others
  }

  /** Takes the position up to which this user has read. Returns `false` for a position that is not behind the mark. */
  setMark(position: Position): boolean {
    if (this.#mark !== null && !isBehind(position, this.#mark)) return false
    this.#mark = position
    this.#messages = this.#messages.filter((message) => isBehind(message, position))
    this.#holed = false
    return true
  }

  /** Takes the next message of the log. */
  take(message: Message, user: string | null): void {
    this.#oldest ??= message.position
    if (message.event === this.event) this.#takeReceipt(message, user, false)
    else if (this.#counts(message, user)) this.#messages.push(message.position)
  }

  /** Takes messages before all others, oldest first. */
  takeOlder(messages: readonly Message[], user: string | null): void {
    this.#oldest = messages[0]?.position ?? this.#oldest
    // The newest receipt of a user is the one that counts.
    for (const message of messages.toReversed())
      if (message.event === this.event) this.#takeReceipt(message, user, true)
    const found = messages.filter((message) => this.#counts(message, user)).map(({ position }) => position)
    this.#messages = [...found, ...this.#messages]
  }

  /** Messages were lost. In another log the positions of before say nothing. */
  readonly skip = ({ from, to }: Pick<GapItem, 'from' | 'to'>): void => {
    this.#holed = true
    if (from === null || to === null || from[0] === to[0]) return
    this.#messages = []
    this.#mark = null
    this.#others = []
    this.#oldest = to
    this.#holed = false
  }

  #counts({ event, from, position }: Message, user: string | null): boolean {
    if (!this.#events.has(event) || from === user) return false
    return this.#mark === null || isBehind(position, this.#mark)
  }

  #takeReceipt({ data, from }: Message, user: string | null, older: boolean): void {
    const position = readPosition(data)
    if (position === null || from === null) return
    if (from === user) {
      if (!older || this.#mark === null) this.setMark(position)
      return
    }
    const known = this.#others.find((receipt) => receipt.user === from)
    if (known !== undefined && (older || !isBehind(position, known.position))) return
    this.#others = [...this.#others.filter((receipt) => receipt !== known), { user: from, position }]
  }
}

/**
 * Returns the users who have read a message, by the receipts of a snapshot of {@link unread}, in the order in which
 * they have told so.
 *
 * @param position - Position of the message.
 */
export function seenBy(
  { receipts }: { readonly receipts: readonly Receipt[] },
  [epoch, at]: Position,
): string[] {
  return receipts.filter(({ position }) => position[0] === epoch && position[1] >= at).map(({ user }) => user)
}

/** Tells if a position is behind another: further on in the same log, or in another log. */
const isBehind = ([epoch, at]: Position, other: Position): boolean => epoch !== other[0] || at > other[1]

/** Returns a value as a position; `null` for a value that is none. */
export function readPosition(value: unknown): Position | null {
  if (!Array.isArray(value)) return null
  const [epoch, at, id] = value as unknown[]
  const fits =
    typeof epoch === 'string' && Number.isSafeInteger(at) && (id === null || typeof id === 'string')
  return fits ? [epoch, at as number, id] : null
}
