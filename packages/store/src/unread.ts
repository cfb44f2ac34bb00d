import {
  type AnyContract,
  type ChatError,
  type ClientEventName,
  type Message,
  type Position,
  type Room,
  type Undo,
  type Untyped,
  UsageError,
} from '@chat/core'
import { markRaw } from '@chat/core/transport'
import { Cell } from './cell.ts'
import {
  checkEvents,
  checkRoom,
  checkStoreOptions,
  eventName,
  listOf,
  messageCount,
  type OptionRules,
} from './check-options.ts'
import { LogFold } from './log-fold.ts'
import { type LogSource, roomSource } from './log-source.ts'
import type { MessageName } from './message-item.ts'
import { type Receipt, Receipts, readPosition } from './receipts.ts'
import { unasked, watchRoom } from './room-state.ts'
import type { Store } from './store.ts'

/** Time between two receipts of this client, in milliseconds. */
const pace = 1_000

/** Number of pages after which the log is read no further back. */
const mostPages = 10

/** Options of {@link unread}. */
export interface UnreadOptions<C extends AnyContract> {
  /** Event of the receipts, whose data is a position. Default: `read`. */
  readonly receipt?: ClientEventName<C> | undefined
  /** Greatest number that is shown, from 1 to 1 000: the log is read back no further than needed. Default: 100. */
  readonly most?: number | undefined
}

/** Unread messages of a room, for a screen. */
export interface UnreadSnapshot {
  /** Number of unread messages of others, at most the option `most`. */
  readonly count: number
  /** `true` when there are, or may be, more than `count`. */
  readonly more: boolean
  /** Position up to which the user has read, on any device; `null` for none that is known. */
  readonly lastRead: Position | null
  /** Positions up to which others have read, as far as the log was read. */
  readonly receipts: readonly Receipt[]
  /** `loading` until the number is known, `live` from then on, and `ended` when the room has ended. */
  readonly state: 'loading' | 'live' | 'ended'
  /** Reason of the end, of a log that could not be read, or of a receipt that was refused; `null` for none. */
  readonly error: ChatError | null
}

/** Store of the unread messages of a room, as {@link unread} returns it. */
export interface UnreadStore extends Store<UnreadSnapshot> {
  /**
   * Tells that the user has read up to a position. A position before the mark has no effect. Calls in the same second
   * are one receipt.
   *
   * @throws UsageError when the position is none, such as that of a message that is still on its way.
   */
  mark(this: void, position: Position): void
  /** Tells that the user has read everything that has come so far. Does nothing when there is nothing unread. */
  markAll(this: void): void
}

const rules: OptionRules<UnreadOptions<Untyped>> = { receipt: eventName, most: messageCount(1, 1_000) }

/**
 * Returns a store of the unread messages of a room. A receipt is a message of the room with a position: it is the same
 * on all devices of the user, and others see who has read how far. The contract needs an event for it.
 *
 * @throws UsageError when an option does not exist or has a wrong value, or `room` is no room.
 */
export function unread<C extends AnyContract, const K extends MessageName<C> & string>(
  room: Room<C>,
  events: K | readonly K[],
  options: UnreadOptions<C> = {},
): UnreadStore {
  const operation = 'count unread messages'
  const given: unknown = room
  checkRoom(operation, given)
  checkEvents(operation, events)
  checkStoreOptions(operation, options as UnreadOptions<Untyped>, rules)
  const { receipt = 'read', most = 100 } = options as UnreadOptions<Untyped>
  return new RoomUnread(given, new Receipts(listOf(events), receipt), most)
}

class RoomUnread implements UnreadStore {
  readonly #room: Room<Untyped>
  readonly #source: LogSource
  readonly #receipts: Receipts
  readonly #most: number
  readonly #fold: LogFold
  readonly #cell: Cell<UnreadSnapshot>
  readonly subscribe: UnreadStore['subscribe']
  readonly snapshot: UnreadStore['snapshot']
  /** `true` once the log was read back as far as needed. */
  #known = false
  /** Position that is to be told to the room; `null` for none. */
  #wanted: Position | null = null
  /** `true` while a receipt is under way, and in the pause after it. */
  #telling = false
  #error: ChatError | null = null

  constructor(room: Room<Untyped>, receipts: Receipts, most: number) {
    this.#room = room
    this.#source = roomSource(room)
    this.#receipts = receipts
    this.#most = most
    this.#cell = new Cell<UnreadSnapshot>({
      parts: this.#source.parts,
      make: () => this.#make(),
      start: () => this.#start(),
    })
    markRaw(this)
    this.subscribe = this.#cell.subscribe
    this.snapshot = this.#cell.snapshot
    const sink = {
      append: (message: Message) => receipts.take(message, this.#source.parts.user),
      prepend: (found: readonly Message[]) => {
        receipts.takeOlder(found, this.#source.parts.user)
        return found.length
      },
      gap: receipts.skip,
      changed: () => this.#changed(),
    }
    this.#fold = new LogFold(this.#source, sink, { last: most })
  }

  readonly mark = (position: Position): void => {
    if (readPosition(position) === null)
      throw new UsageError('unable to mark messages as read: give the position of a message that is stored')
    if (!this.#receipts.setMark(position)) return
    this.#wanted = position
    this.#cell.changedNow()
    this.#tell()
  }

  readonly markAll = (): void => {
    const { last } = this.#receipts
    if (last !== null) this.mark(last)
  }

  /** Tells the room the newest position, one receipt after the other. */
  #tell(): void {
    const position = this.#wanted
    if (position === null || this.#telling) return
    this.#wanted = null
    this.#telling = true
    const done = (error: unknown): void => {
      this.#error = error === null ? null : unasked(error)
      this.#cell.changed()
      this.#source.parts.runtime.timer(pace, () => {
        this.#telling = false
        this.#tell()
      })
    }
    this.#room.send(this.#receipts.event, position).then(() => done(null), done)
  }

  #start(): Undo {
    const unwatch = watchRoom(this.#room, (state, error) => {
      if (state === 'ended') this.#fold.end(error)
    })
    this.#fold.start()
    return () => {
      unwatch()
      this.#fold.stop()
    }
  }

  #changed(): void {
    if (!this.#known && this.#fold.state === 'live' && !this.#fold.loadingOlder) {
      this.#known = true
      void this.#readBack()
    }
    this.#cell.changed()
  }

  /** Reads the log back to the mark of this user, or as far as needed to show the greatest number. */
  async #readBack(): Promise<void> {
    for (let page = 0; page < mostPages && !this.#isEnough; page++) await this.#fold.older(this.#most)
    this.#cell.changed()
  }

  get #isEnough(): boolean {
    const { complete, count } = this.#receipts
    return complete || count >= this.#most || !this.#fold.more || this.#fold.state === 'ended'
  }

  #make(): UnreadSnapshot {
    const { count, complete, mark, others } = this.#receipts
    const { state, error, more, loadingOlder } = this.#fold
    return {
      count: Math.min(count, this.#most),
      more: count > this.#most || (!complete && more),
      lastRead: mark,
      receipts: others,
      state: state === 'live' && loadingOlder ? 'loading' : state,
      error: error ?? this.#error,
    }
  }
}
