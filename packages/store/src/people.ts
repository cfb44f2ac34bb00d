import {
  type AnyContract,
  type ChatError,
  type ClientParts,
  clientParts,
  type Presence,
  type PresenceInput,
  type PresenceMember,
  type PresenceState,
  type Room,
  type Undo,
  type Untyped,
  watchPresence,
} from '@chat/core'
import { markRaw } from '@chat/core/transport'
import { Cell } from './cell.ts'
import { checkRoom } from './check-options.ts'
import { type RoomState, unasked, watchRoom } from './room-state.ts'
import type { Store } from './store.ts'

/** User in a room, with all devices. */
export interface Person<State = unknown> {
  /** Id of the user. */
  readonly user: string
  /** `true` for the user of this client. */
  readonly me: boolean
  /** Sessions of the user in the room, in the order in which this client learned of them. */
  readonly devices: readonly PresenceMember<State>[]
  /** Presence state of the last of the devices; `null` for none. */
  readonly state: State | null
}

/** People in a room, for a screen. */
export interface PeopleSnapshot<State = unknown> {
  /**
   * People in the room, in the order in which this client learned of them. When the hub only counts the room, some
   * of them.
   */
  readonly people: readonly Person<State>[]
  /** Number of sessions in the room, also when the hub only counts them. */
  readonly count: number
  /** State of the room. The people stay while the client is disconnected. */
  readonly state: RoomState
  /** Reason why the room has ended; `null` for none, and for an end by the application. */
  readonly error: ChatError | null
}

/**
 * Store of the people in a room, as {@link people} returns it. `Shown` is the state that this client sets, before the
 * validators of the contract.
 */
export interface PeopleStore<State = unknown, Shown = State> extends Store<PeopleSnapshot<State>> {
  /**
   * Changes this client's own presence state, for all people in the room. Does nothing without a listener of the
   * store, and when the room has ended.
   */
  set(this: void, state: Shown): void
}

/**
 * Returns a store of the people in a room. The hub must have presence for the room; without it the list stays
 * empty. The states have the type of the contract's `presence`.
 *
 * @throws UsageError when `room` is no room.
 */
export function people<C extends AnyContract>(room: Room<C>): PeopleStore<PresenceState<C>, PresenceInput<C>>
/** Shows the people in a room whose contract has no `presence`; `State` is the type that the application expects. */
export function people<State = unknown>(
  room: Pick<Room<AnyContract>, 'address' | 'ready' | 'leave'>,
): PeopleStore<State>
export function people(room: Pick<Room<AnyContract>, 'address' | 'ready' | 'leave'>): PeopleStore {
  const given: unknown = room
  checkRoom('show people', given)
  return new RoomPeople(given)
}

class RoomPeople implements PeopleStore {
  readonly #room: Room<Untyped>
  readonly #parts: ClientParts
  readonly #cell: Cell<PeopleSnapshot>
  readonly subscribe: PeopleStore['subscribe']
  readonly snapshot: PeopleStore['snapshot']
  #presence: Presence | null = null
  /** `true` once the members are known: until then the people stay as they were. */
  #known = false
  #state: RoomState = 'joining'
  #error: ChatError | null = null

  constructor(room: Room<Untyped>) {
    this.#room = room
    this.#parts = clientParts(room)
    this.#cell = new Cell<PeopleSnapshot>({
      parts: this.#parts,
      make: (before) => this.#make(before),
      start: () => this.#start(),
    })
    markRaw(this)
    this.subscribe = this.#cell.subscribe
    this.snapshot = this.#cell.snapshot
  }

  readonly set = (state: unknown): void => {
    if (this.#state !== 'ended') this.#presence?.set(state)
  }

  #start(): Undo {
    const onChange = (): void => {
      this.#known = true
      this.#cell.changed()
    }
    this.#known = false
    const unwatch = watchRoom(this.#room, (state, error) => this.#enter(state, error))
    if (this.#state !== 'ended')
      try {
        this.#presence = watchPresence(this.#room, { onChange })
        if (this.#presence.closed) this.#enter('ended', null)
      } catch (error) {
        this.#enter('ended', unasked(error))
      }
    return () => {
      unwatch()
      // The people stay as they are.
      this.#cell.snapshot()
      this.#presence?.close()
      this.#presence = null
    }
  }

  /** Takes the state of the room. A handle that has ended stays so. */
  #enter(state: RoomState, error: ChatError | null): void {
    if (this.#state === 'ended') return
    this.#state = state
    this.#error = error
    this.#cell.changed()
  }

  #make(before: PeopleSnapshot | null): PeopleSnapshot {
    const [state, error] = [this.#state, this.#error]
    const presence = this.#presence
    const { people, count } = before ?? { people: [], count: 0 }
    if (state === 'ended') return { people: [], count: 0, state, error }
    if (presence === null || !this.#known) return { people, count, state, error }
    const known = new Map(people.map((person) => [person.user, person]))
    // People who are known keep their places.
    const users = [...new Set([...known.keys(), ...presence.users.keys()])]
    const found = users.flatMap((user) => {
      const devices = presence.users.get(user)
      return devices === undefined ? [] : this.#person(known.get(user), user, devices)
    })
    const same = found.length === people.length && found.every((person, i) => person === people[i])
    return { people: same ? people : found, count: presence.count, state, error }
  }

  /** Returns a user as the list shows it: the same object while nothing of the user has changed. */
  #person(known: Person | undefined, user: string, devices: readonly PresenceMember[]): Person {
    const me = user === this.#parts.user
    const same =
      known?.me === me &&
      known.devices.length === devices.length &&
      known.devices.every((device, i) => device === devices[i])
    return same ? known : { user, me, devices, state: devices.at(-1)?.state ?? null }
  }
}
