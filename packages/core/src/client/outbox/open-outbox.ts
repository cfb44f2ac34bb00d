import { markRaw } from '../../runtime/mark-raw.ts'
import type { Undo } from '../../runtime/runtime.ts'
import { checkOptions, describe } from '../../vocabulary/check-options.ts'
import { UsageError } from '../../vocabulary/errors.ts'
import { Listeners } from '../listeners.ts'
import type { Operation } from '../operation.ts'
import type { Outbox, OutboxItem, OutboxOptions, OutboxStorage } from '../outbox-types.ts'
import type { SendKeeper } from '../send-keeper.ts'
import type { RoomServices } from '../subscriptions/room.ts'
import { type Bounds, KeptSends } from './kept-sends.ts'

const operation = 'open an outbox'

/**
 * Opens an outbox over a storage, for the option `outbox` of a client. Applications use an outbox that has a storage
 * already, such as `indexedDbOutbox` of `@chat/browser/outbox`.
 *
 * @throws UsageError when `storage` lacks a method, or an option does not exist or has a wrong value.
 */
export function openOutbox(storage: OutboxStorage, options: OutboxOptions = {}): Outbox {
  checkStorage(storage)
  checkOptions(operation, options, { user: true, max: true, maxBytes: true, maxAge: true })
  const { user = null, max = 200, maxBytes = 262_144, maxAge = 604_800_000 } = options
  for (const [name, value] of Object.entries({ max, maxBytes, maxAge }))
    if (!(value > 0))
      throw new UsageError(
        `unable to ${operation}: the option '${name}' must be a number above 0, but is ${describe(value)}`,
      )
  return new StoredOutbox(storage, user, { max, maxBytes, maxAge })
}

function checkStorage(storage: OutboxStorage): void {
  for (const method of ['update', 'isClosed', 'close'] as const)
    if (typeof storage?.[method] !== 'function')
      throw new UsageError(
        `unable to ${operation}: give a storage with the method ${method}, not ${describe(storage)}`,
      )
}

/** An outbox: the sends of the present user, for the application and for its client. */
class StoredOutbox implements SendKeeper {
  readonly #storage: OutboxStorage
  readonly #bounds: Bounds
  readonly #listeners = new Listeners((error) => this.#services?.context.reportError(error, 'outbox'))
  #services: RoomServices | null = null
  #sends: KeptSends | null = null
  readonly #firstUser: string | null
  #items: readonly OutboxItem[] = []
  #stale = false
  /** Number of lists so far: one for each user in turn. */
  #lists = 0

  constructor(storage: OutboxStorage, user: string | null, bounds: Bounds) {
    this.#storage = storage
    this.#firstUser = user
    this.#bounds = bounds
    markRaw(this)
  }

  get user(): string | null {
    return this.#sends?.user ?? null
  }

  get items(): readonly OutboxItem[] {
    if (this.#stale) this.#items = Object.freeze(this.#sends?.items() ?? [])
    this.#stale = false
    return this.#items
  }

  subscribe(listener: () => void): Undo {
    return this.#listeners.add('$change', listener)
  }

  retry(key: string): void {
    this.#sends?.retry(key)
  }

  discard(key: string): void {
    this.#sends?.discard(key)
  }

  open(services: RoomServices): SendKeeper {
    if (this.#services !== null)
      throw new UsageError(`unable to ${operation}: a client has it already; open an outbox for each client`)
    this.#services = services
    this.#start(services, this.#firstUser)
    return this
  }

  add(send: Operation): void {
    this.#sends?.add(send)
  }

  welcomed(user: string): void {
    if (this.user !== null && this.user !== user && this.#services !== null) this.#start(this.#services, user)
    this.#sends?.welcomed(user)
  }

  stop(): void {
    this.#sends?.stop()
  }

  #start(services: RoomServices, user: string | null): void {
    this.#sends = new KeptSends(services, this.#storage, {
      ...this.#bounds,
      user,
      page: `${this.#storage.page}/${++this.#lists}`,
      changed: () => {
        this.#stale = true
        this.#listeners.emit('$change', undefined)
      },
    })
  }
}
