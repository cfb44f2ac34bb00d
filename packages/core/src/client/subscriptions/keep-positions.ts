import { Alarm } from '../../runtime/alarm.ts'
import { isPromise } from '../../runtime/maybe-promise.ts'
import type { Undo } from '../../runtime/runtime.ts'
import { wallTime } from '../../runtime/wall-time.ts'
import { describe } from '../../vocabulary/check-options.ts'
import { ChatError, UsageError } from '../../vocabulary/errors.ts'
import { type Position, samePosition } from '../../vocabulary/position.ts'
import { reasonOf } from '../../vocabulary/text.ts'
import type { ClientContext } from '../context.ts'
import { checkByRules, duration, type OptionRules } from '../option-rules.ts'
import type {
  KeepPositionsOptions,
  PlacedSubscription,
  PositionKeeper,
  PositionSource,
  PositionStorage,
} from '../position-storage.ts'
import { encodePositions, parsePositions, type SavedPosition } from './saved-positions.ts'

/** Time between two writes, in milliseconds. */
const pace = 500

/** Time after which the time of an address that is received is renewed, in milliseconds. */
const day = 86_400_000

const optionRules: OptionRules<KeepPositionsOptions> = {
  most: [
    'a number of positions, a whole number from 1',
    (value) => Number.isSafeInteger(value) && Number(value) > 0,
  ],
  maxAge: duration,
}

/**
 * Keeps the positions of a client in a storage, for the option `positions` of a client: the next client of the same
 * user continues with the messages that this client has not handled, or with a gap. A message is handled when its
 * listeners have returned, and in a loop when the loop asks for the next message.
 *
 * The positions of another user stay in the storage, and are not used. Several clients may share a storage, such as
 * those of all tabs: the newest position of an address stays. A text of another version, or that is no text of this
 * function, counts as none.
 *
 * ```ts
 * const storage = { read: () => localStorage.getItem('places'), write: (text) => localStorage.setItem('places', text) }
 * const client = new Client({ dial, token: 'alice', positions: keepPositions(storage) })
 * ```
 *
 * @throws UsageError when `storage` lacks a method, or an option does not exist or has a wrong value.
 */
export function keepPositions(storage: PositionStorage, options: KeepPositionsOptions = {}): PositionSource {
  if (typeof storage?.read !== 'function' || typeof storage.write !== 'function')
    throw new UsageError(
      `unable to keep positions: give a storage with the methods read and write, not ${describe(storage)}`,
    )
  checkByRules('keep positions', options, optionRules)
  const { most = 200, maxAge = 30 * day } = options
  const open = (client: ClientPositions): PositionKeeper =>
    new StorageKeeper(client, storage, { most, maxAge })
  return { open }
}

/** Subscriptions of a client, and its services. */
interface ClientPositions {
  readonly context: ClientContext
  readonly active: ReadonlyMap<string, PlacedSubscription>
  /** Saved positions of addresses that have no subscription yet. */
  readonly saved: Map<string, Position>
}

/** Implementation of {@link PositionKeeper}. */
class StorageKeeper implements PositionKeeper {
  readonly #client: ClientPositions
  readonly #context: ClientContext
  readonly #storage: PositionStorage
  readonly #bounds: { readonly most: number; readonly maxAge: number }
  readonly #alarm: Alarm
  readonly #stop: Undo | undefined
  /** User of the positions; until `#known`, the user who has saved positions last. */
  #user: string | undefined
  #known = false
  /** Positions as this client has read or written them last. */
  #last = new Map<string, Position>()
  /** Positions of addresses that were left since the last write. */
  #left = new Map<string, Position>()
  /** `true` once this client has written: the first write tells that its addresses are still in use. */
  #written = false
  #told = false

  constructor(
    client: ClientPositions,
    storage: PositionStorage,
    bounds: { readonly most: number; readonly maxAge: number },
  ) {
    this.#client = client
    this.#context = client.context
    this.#storage = storage
    this.#bounds = bounds
    this.#alarm = new Alarm(client.context.runtime)
    this.#user = this.#read()[0]?.user
    this.#load()
    this.#stop = this.#attempt('save', () => storage.beforeEnd?.(() => this.save()))
  }

  userKnown(user: string): boolean {
    const before = this.#last.size
    const same = user === this.#user
    this.#user = user
    if (!this.#known) this.#alarm.set(pace, () => this.save())
    this.#known = true
    if (same) return true
    this.#left.clear()
    this.#written = false
    this.#load()
    if (before + this.#last.size === 0) return true
    const { active, saved } = this.#client
    for (const [address, subscription] of active) {
      subscription.position = saved.get(address) ?? null
      saved.delete(address)
    }
    return false
  }

  changed(): void {
    if (this.#known && this.#alarm.left === null) this.#alarm.set(pace, () => this.save())
  }

  left(subscription: PlacedSubscription): void {
    const position = handledBy(subscription)
    if (position === null) return
    this.#left.set(subscription.address, position)
    this.#client.saved.set(subscription.address, position)
  }

  save(): void {
    this.#alarm.clear()
    if (!this.#known) return
    const handled = new Map(this.#left)
    for (const [address, subscription] of this.#client.active) {
      const position = handledBy(subscription)
      if (position !== null) handled.set(address, position)
    }
    const changed = [...handled].some(([address, position]) => !this.#isLast(address, position))
    if (changed || !this.#written) this.#attempt('save', () => this.#write(handled))
  }

  end(): void {
    this.#alarm.clear()
    this.#attempt('save', () => this.#stop?.())
  }

  /** Returns what the storage has answered: a storage of JavaScript may answer with a promise. */
  #write(handled: ReadonlyMap<string, Position>): unknown {
    const { most } = this.#bounds
    const saved = this.#read()
    const isMine = ({ user, address }: SavedPosition): boolean => user === this.#user && handled.has(address)
    const mine = new Map(saved.filter(isMine).map((each) => [each.address, each]))
    const merged = [...handled].map(([address, position]) =>
      this.#merge(address, position, mine.get(address)),
    )
    const all = [...merged, ...saved.filter((each) => !isMine(each))]
    const answer: unknown = this.#storage.write(
      encodePositions(all.sort((a, b) => b.time - a.time).slice(0, most)),
    )
    for (const [address, position] of handled) this.#last.set(address, position)
    this.#left.clear()
    this.#written = true
    return answer
  }

  /** Returns the newer of this client's position and that of another client in the storage. */
  #merge(address: string, position: Position, stored: SavedPosition | undefined): SavedPosition {
    const user = this.#user as string
    const now = wallTime(this.#context.runtime)
    if (stored === undefined) return { user, address, position, time: now }
    const [epoch, at] = stored.position
    const newer = position[0] !== epoch || position[1] > at
    // A log that was rolled back takes this client back, unless another client has written since.
    const mine = this.#isLast(address, stored.position)
    if (!this.#isLast(address, position) && (newer || mine)) return { user, address, position, time: now }
    return { ...stored, time: Math.max(stored.time, now - day) }
  }

  #isLast(address: string, position: Position): boolean {
    const last = this.#last.get(address)
    return last !== undefined && samePosition(last, position)
  }

  /** Has the client begin at the positions of the user in the storage. */
  #load(): void {
    const { saved } = this.#client
    saved.clear()
    for (const { user, address, position } of this.#read())
      if (user === this.#user) saved.set(address, position)
    this.#last = new Map(saved)
  }

  /** Returns what the storage has and is not too old. */
  #read(): readonly SavedPosition[] {
    const text = this.#attempt('read', () => this.#storage.read()) ?? null
    const saved = text === null ? [] : (this.#attempt('read', () => parsePositions(text)) ?? [])
    const now = wallTime(this.#context.runtime)
    return saved.filter(({ time }) => now - time < this.#bounds.maxAge)
  }

  /** Runs a step, and tells of the first that fails. The client goes on without it. */
  #attempt<T>(verb: string, step: () => T): T | undefined {
    const tell = (cause: unknown): void => this.#tell(verb, cause)
    try {
      const result = step()
      // A storage that answers later is none, but it may also fail later.
      if (isPromise(result)) Promise.resolve(result).catch(tell)
      return result
    } catch (cause) {
      tell(cause)
    }
  }

  #tell(verb: string, cause: unknown): void {
    if (this.#told) return
    this.#told = true
    const error = new ChatError('unavailable', `unable to ${verb} the positions: ${reasonOf(cause)}`, {
      cause,
    })
    // The application adds its listeners in the turn in which it makes the client.
    this.#context.runtime.defer(() => this.#context.reportError(error, 'positions'))
  }
}

/**
 * Returns the position up to which the application has handled the messages of an address: before those that wait for
 * a listener or a loop. `null` for none, and for a stream, of which the position stands for a value that is not saved.
 */
function handledBy({ address, place, receivers }: PlacedSubscription): Position | null {
  if (place === null || address.startsWith('^')) return null
  let position = place
  for (const { readers } of receivers.keys())
    for (const { handled } of readers ?? [])
      if (handled !== null && (handled[0] !== position[0] || handled[1] < position[1])) position = handled
  return position
}
