import {
  type AnyContract,
  type ClientEventName,
  type ClientParts,
  clientParts,
  type EventName,
  type Room,
  type Undo,
  type Untyped,
} from '@chat/core'
import { duration, markRaw } from '@chat/core/transport'
import { Cell } from './cell.ts'
import {
  checkRoom,
  checkStoreOptions,
  eventName,
  eventNames,
  listOf,
  type OptionRules,
} from './check-options.ts'
import type { Store } from './store.ts'

/** Options of {@link typing}. */
export interface TypingOptions<C extends AnyContract> {
  /** Event of the casts, whose data is `true` or `false`. Default: `typing`. */
  readonly event?: ClientEventName<C> | undefined
  /** Event or events of the messages that end the hint of their sender. Default: none. */
  readonly until?: EventName<C> | readonly EventName<C>[] | undefined
  /** Time after which a hint ends that is not repeated, in milliseconds. Default: 5 000. */
  readonly expire?: number | undefined
  /** Time after which this client repeats its hint, in milliseconds. Default: 3 000. */
  readonly repeat?: number | undefined
}

/** Users who type in a room, for a screen. */
export interface TypingSnapshot {
  /** Ids of the users who type, in the order in which they began, without the user of this client. */
  readonly users: readonly string[]
}

/** Store of the users who type in a room, as {@link typing} returns it. */
export interface TypingStore extends Store<TypingSnapshot> {
  /** Tells the room that this user types. Call it for each input: it writes a cast only now and then. */
  type(this: void): void
  /** Tells the room that this user has stopped. Call it when the text is empty or sent. */
  stop(this: void): void
}

const rules: OptionRules<TypingOptions<Untyped>> = {
  event: eventName,
  until: eventNames,
  expire: duration,
  repeat: duration,
}

/**
 * Returns a store of the users who type in a room. Hints are casts with a key: they may be lost, so a hint is
 * repeated by its sender, and ends by itself at its receiver. The contract needs an event with a boolean. The store
 * is a listener of the room: no message of the room waits for a first listener any more.
 *
 * @throws UsageError when an option does not exist or has a wrong value, or `room` is no room.
 */
export function typing<C extends AnyContract>(room: Room<C>, options: TypingOptions<C> = {}): TypingStore {
  const operation = 'show who is typing'
  const given: unknown = room
  checkRoom(operation, given)
  checkStoreOptions(operation, options as TypingOptions<Untyped>, rules)
  return new RoomTyping(given, options as TypingOptions<Untyped>)
}

class RoomTyping implements TypingStore {
  readonly #room: Room<Untyped>
  readonly #event: string
  readonly #until: readonly string[]
  readonly #expire: number
  readonly #repeat: number
  readonly #parts: ClientParts
  readonly #cell: Cell<TypingSnapshot>
  readonly subscribe: TypingStore['subscribe']
  readonly snapshot: TypingStore['snapshot']
  /** Timers of the hints, by user. */
  readonly #hints = new Map<string, Undo>()
  /** Time of the last hint of this client; `null` when it does not type. */
  #told: number | null = null

  constructor(room: Room<Untyped>, options: TypingOptions<Untyped>) {
    const { event = 'typing', until = [], expire = 5_000, repeat = 3_000 } = options
    this.#room = room
    this.#event = event
    this.#until = listOf(until)
    this.#expire = expire
    this.#repeat = repeat
    this.#parts = clientParts(room)
    this.#cell = new Cell<TypingSnapshot>({
      parts: this.#parts,
      make: () => ({ users: [...this.#hints.keys()] }),
      start: () => this.#start(),
    })
    markRaw(this)
    this.subscribe = this.#cell.subscribe
    this.snapshot = this.#cell.snapshot
  }

  readonly type = (): void => {
    const now = this.#parts.runtime.now()
    if (this.#told !== null && now - this.#told < this.#repeat) return
    this.#told = now
    this.#cast(true)
  }

  readonly stop = (): void => {
    if (this.#told === null) return
    this.#told = null
    this.#cast(false)
  }

  #cast(typing: boolean): void {
    try {
      this.#room.cast(this.#event, typing, { key: this.#event })
    } catch (error) {
      this.#parts.report(error, `${this.#room.address} ${this.#event}`)
    }
  }

  #start(): Undo {
    const undo = this.#listen([this.#event], (typing, from) => {
      if (from !== null && from !== this.#parts.user) this.#set(from, typing === true)
    })
    const undoUntil = this.#listen(this.#until, (_, from) => {
      if (from !== null) this.#set(from, false)
    })
    return () => {
      undo()
      undoUntil()
      for (const user of [...this.#hints.keys()]) this.#set(user, false)
    }
  }

  #listen(events: readonly string[], hear: (data: unknown, from: string | null) => void): Undo {
    const undos: Undo[] = []
    try {
      for (const event of events)
        undos.push(
          this.#room.on(event, (data: unknown, { from }: { from: string | null }) => hear(data, from)),
        )
    } catch (error) {
      // The application has left the room.
      this.#parts.report(error, `${this.#room.address} ${this.#event}`)
    }
    return () => {
      for (const undo of undos) undo()
    }
  }

  /** Takes the hint of a user, or its end. */
  #set(user: string, typing: boolean): void {
    const known = this.#hints.get(user)
    if (known === undefined && !typing) return
    known?.()
    if (typing)
      this.#hints.set(
        user,
        this.#parts.runtime.timer(this.#expire, () => this.#set(user, false)),
      )
    else this.#hints.delete(user)
    if (known === undefined || !typing) this.#cell.changed()
  }
}
