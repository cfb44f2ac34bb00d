import type { Message, MessageGap, Position, ReaderState, StreamReader, Undo } from '@chat/core'
import { type ChangeEvents, Changes, ofMeta, type PendingChange } from './changes.ts'
import type { GapItem, ItemOf } from './message-item.ts'

/** Message of the log, as a list shows it. */
interface Line {
  readonly key: string
  message: Message
  /** Reader of a stream; `null` for other messages. */
  stream: StreamReader | null
  /** State of a stream of which this client has no reader. */
  streamState: ReaderState | null
  /** Item of the list; `null` after a change. */
  item: ItemOf<string, unknown> | null
}

/** Gap in the log, as a list shows it. */
interface Break {
  readonly item: GapItem
}

type Entry = Line | Break

/** Key of a message's `meta` with the id of the attempt that it repeats, because its outcome was uncertain. */
export const againKey = 'again'

/**
 * The part of a log that a list shows: its messages in order and once each, with their changes, and gaps. A message
 * that was written again, because the outcome of the first attempt was uncertain, is shown once if the log has both.
 */
export class Timeline {
  readonly #events: ReadonlySet<string>
  readonly #changes: Changes
  /** Called when a stream in the list has changed. */
  readonly #changed: () => void
  #entries: Entry[] = []
  readonly #byId = new Map<string, Line>()
  /** Ids of the answers, by the id of the message that they answer. */
  readonly #answers = new Map<string, string[]>()
  /** Undoes the listening to streams; `null` while nothing is followed. */
  #followed: Map<Line, Undo> | null = null
  #user: string | null = null
  #breaks = 0

  constructor(events: readonly string[], changes: ChangeEvents, changed: () => void) {
    this.#events = new Set(events)
    this.#changes = new Changes(changes)
    this.#changed = changed
  }

  /** Number of messages in the list. */
  get size(): number {
    return this.#byId.size
  }

  /** Number of messages and gaps in the list. */
  get length(): number {
    return this.#entries.length
  }

  /** Drops the oldest entries, and returns the position of the first message that is left; `null` for none. */
  drop(count: number): Position | null {
    const first = this.#entries.findIndex((entry, i) => i >= count && 'message' in entry)
    const kept = this.#entries[first]
    if (kept === undefined || !('message' in kept)) return null
    const gone = new Set(this.#entries.splice(0, first).filter((entry): entry is Line => 'message' in entry))
    for (const [id, line] of this.#byId) if (gone.has(line)) this.#byId.delete(id)
    for (const line of gone) {
      this.#followed?.get(line)?.()
      this.#followed?.delete(line)
      this.#removeAnswer(line)
    }
    this.#changes.dropBefore(kept.message.position)
    return kept.message.position
  }

  /** Returns `true` when the list has a message; with `from` only if this user has sent it. */
  has(id: string, from?: string): boolean {
    const line = this.#byId.get(id)
    return line !== undefined && (from === undefined || line.message.from === from)
  }

  /** Adds the next message of the log. `key` is that of the list, for a message of this client. */
  append(message: Message, key?: string): void {
    if (this.#takeChange(message)) return
    const line = this.#take(message, key)
    if (line === null) return
    this.#entries.push(line)
    this.#addAnswer(line, false)
  }

  /** Adds messages before all others, oldest first. `keyOf` returns the key of a message of this client. */
  prepend(messages: readonly Message[], keyOf: (id: string) => string | undefined = () => undefined): void {
    const changes = messages.filter((message) => this.#changes.isChange(message))
    for (const change of changes.toReversed()) this.#touch(this.#changes.add(change, true))
    const lines = messages.flatMap((message) =>
      changes.includes(message) ? [] : (this.#take(message, keyOf(message.id)) ?? []),
    )
    for (const line of lines.toReversed()) this.#addAnswer(line, true)
    this.#entries = [...lines, ...this.#entries]
  }

  /** Adds a message at its place, which the log has passed. A place before the list is left to older pages. */
  insert(message: Message, key: string): void {
    const [epoch, at] = message.position
    const isOf = (entry: Entry): boolean => positionOf(entry)?.[0] === epoch
    const before = this.#entries.findLastIndex((entry) => isOf(entry) && (positionOf(entry)?.[1] ?? 0) < at)
    if (before < 0 && this.#entries.some(isOf)) return
    const line = this.#take(message, key)
    if (line === null) return
    this.#entries.splice(before < 0 ? this.#entries.length : before + 1, 0, line)
    this.#addAnswer(line, false)
  }

  /** Shows a change of this client before the log has it. */
  addPending(change: Message): PendingChange {
    const pending = this.#changes.addPending(change, (of) => {
      this.#touch(of)
      this.#changed()
    })
    this.#touch(ofMeta(change) ?? '')
    return pending
  }

  /** Adds a gap behind the last message. */
  addGap({ reason, from, to }: Omit<GapItem, 'key' | 'event'>): void {
    this.#entries.push({ item: { key: `gap:${++this.#breaks}`, event: '$gap', reason, from, to } })
  }

  /** Listens to the streams in the list from now on. Returns the function that ends it. */
  follow(): Undo {
    const followed = new Map<Line, Undo>()
    this.#followed = followed
    for (const line of this.#byId.values()) this.#followLine(line)
    return () => {
      this.#followed = null
      for (const undo of followed.values()) undo()
    }
  }

  /** Returns the list. Items that have not changed are the same as before. */
  items(user: string | null): (ItemOf<string, unknown> | GapItem)[] {
    if (user !== this.#user) for (const line of this.#byId.values()) line.item = null
    this.#user = user
    return this.#entries.map((entry) => {
      if (!('message' in entry)) return entry.item
      entry.item ??= this.#itemOf(entry)
      return entry.item
    })
  }

  /** Forgets everything. */
  clear(): void {
    for (const undo of this.#followed?.values() ?? []) undo()
    this.#followed?.clear()
    this.#entries = []
    this.#byId.clear()
    this.#answers.clear()
  }

  /** Takes a message that changes another. Returns `false` for any other message. */
  #takeChange(message: Message): boolean {
    if (!this.#changes.isChange(message)) return false
    this.#touch(this.#changes.add(message, false))
    return true
  }

  /** Takes a message, and returns its line; `null` for a message without a line of its own. */
  #take(message: Message, key?: string): Line | null {
    if (!this.#events.has(message.event)) return null
    const [stream, id] = streamOf(message)
    const known = this.#byId.get(id)
    // Any client can claim that a message of its own repeats one that has not come yet.
    if (known?.message.from === message.from) {
      this.#renew(known, message, stream)
      return null
    }
    const again = message.meta?.[againKey]
    if (typeof again === 'string') {
      const first = this.#byId.get(again)
      if (first?.message.from === message.from) {
        this.#byId.set(message.id, first)
        return null
      }
    }
    const line: Line = {
      key: key ?? id,
      message: { ...message, id },
      stream,
      streamState: endOf(message),
      item: null,
    }
    this.#byId.set(id, line)
    // The first attempt may come later, and is then the same message.
    if (typeof again === 'string' && !this.#byId.has(again)) this.#byId.set(again, line)
    this.#followLine(line)
    return line
  }

  /** Takes a further message of a stream: its result, or its head with the reader. */
  #renew(line: Line, message: Message, stream: StreamReader | null): void {
    if (stream !== null && line.stream === null) {
      line.stream = stream
      line.item = null
      this.#followLine(line)
      return
    }
    const end = endOf(message)
    if (stream !== null || end === null || end === 'open' || line.stream !== null) return
    line.streamState = end
    line.message = { ...line.message, data: message.data ?? line.message.data }
    line.item = null
  }

  #followLine(line: Line): void {
    if (line.stream === null || this.#followed === null || this.#followed.has(line)) return
    const undo = line.stream.onChange(() => {
      line.item = null
      this.#changed()
    })
    this.#followed.set(line, undo)
    line.item = null
  }

  #addAnswer({ message }: Line, older: boolean): void {
    const of = ofMeta(message)
    if (of === null) return
    const answers = this.#answers.get(of) ?? []
    this.#answers.set(of, older ? [message.id, ...answers] : [...answers, message.id])
    this.#touch(of)
  }

  #removeAnswer({ message }: Line): void {
    const of = ofMeta(message)
    const left = this.#answers.get(of ?? '')?.filter((id) => id !== message.id) ?? []
    if (of === null) return
    if (left.length > 0) this.#answers.set(of, left)
    else this.#answers.delete(of)
  }

  /** The item of a message is to be made anew. */
  #touch(id: string): void {
    const line = this.#byId.get(id)
    if (line !== undefined) line.item = null
  }

  #itemOf({ key, message, stream, streamState }: Line): ItemOf<string, unknown> {
    const { event, id, position, time, from, session, meta } = message
    const user = this.#user
    const own = this.#changes.fold(message, stream === null ? message.data : stream.value, user)
    return {
      ...(own as typeof own & { readonly removed: false }),
      key,
      event,
      id,
      position,
      time: Number.isNaN(time) ? null : time,
      from,
      session,
      meta,
      mine: user !== null && from === user,
      state: 'stored',
      error: null,
      of: ofMeta(message),
      answers: this.#answers.get(id) ?? none,
      stream,
      streamState: stream?.state ?? streamState,
    }
  }
}

const none: readonly string[] = []

const positionOf = (entry: Entry): Position | null =>
  'message' in entry ? entry.message.position : entry.item.to

/** Returns the reader of a stream's message, and the id of the stream's head; `null` and the id of any other message. */
function streamOf(message: Message): readonly [StreamReader | null, string] {
  const end = message.meta?.['end']
  const reader = message.data as Partial<StreamReader> | null
  if (typeof reader === 'object' && typeof reader?.onChange === 'function')
    return [reader as StreamReader, reader.id ?? message.id]
  return [null, (typeof end === 'string' && ofMeta(message)) || message.id]
}

/** Tells if a message begins a stream that this client cannot read. */
export const isUnreadable = (message: Message): boolean =>
  endOf(message) === 'open' && streamOf(message)[0] === null

/** Returns the state of a stream that the message tells: `open` for its head; `null` for a message of no stream. */
function endOf({ meta }: Message): ReaderState | null {
  const end = meta?.['end']
  return typeof end === 'string' ? (end as ReaderState) : meta?.['stream'] === true ? 'open' : null
}

/** Item of a cursor that is a gap. */
export const isGap = (item: Message | MessageGap): item is MessageGap => item.event === '$gap'
