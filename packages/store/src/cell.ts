import type { ClientParts, Undo } from '@chat/core'
import { checkListener } from './check-options.ts'
import type { Store } from './store.ts'

/** Time after the last listener has gone at which the work ends, in milliseconds. */
const linger = 1_000

/** Time between two calls of the listeners, in milliseconds: a screen shows no more. */
const frame = 16

/** Parts of a {@link Cell}. */
export interface CellParts<Snapshot> {
  readonly parts: ClientParts
  /** Makes the snapshot, after a change; `before` is the last one, whose parts are used again. */
  readonly make: (before: Snapshot | null) => Snapshot
  /** Starts the work. Returns the function that ends it. */
  readonly start: () => Undo
}

/** Listeners and snapshot of a store: the work goes on while there are listeners, and a moment longer. */
export class Cell<Snapshot> implements Store<Snapshot> {
  readonly #parts: CellParts<Snapshot>
  /** Each is an object of its own: a function that is added twice is called twice. */
  readonly #listeners = new Set<{ readonly listener: () => void }>()
  #snapshot: Snapshot | null = null
  #fresh = false
  #stop: Undo | null = null
  #lingering: Undo | null = null
  /** Cancels the call of the listeners that is under way. */
  #telling: Undo | null = null
  /** Time of the last call of the listeners. */
  #told = Number.NEGATIVE_INFINITY

  constructor(parts: CellParts<Snapshot>) {
    this.#parts = parts
  }

  readonly subscribe = (listener: () => void): Undo => {
    checkListener(listener)
    const entry = { listener }
    this.#lingering?.()
    this.#lingering = null
    this.#stop ??= this.#parts.start()
    this.#listeners.add(entry)
    return () => {
      if (this.#listeners.delete(entry) && this.#listeners.size === 0) this.#endLater()
    }
  }

  readonly snapshot = (): Snapshot => {
    if (!this.#fresh) {
      this.#snapshot = this.#parts.make(this.#snapshot)
      this.#fresh = true
    }
    return this.#snapshot as Snapshot
  }

  /** The state has changed: the listeners are called once for all changes of a frame. */
  changed(): void {
    this.#fresh = false
    if (this.#listeners.size === 0) return
    const { runtime } = this.#parts.parts
    this.#telling ??= runtime.timer(Math.max(0, this.#told + frame - runtime.now()), () => this.changedNow())
  }

  /** The user has changed the state: the listeners are called at once. */
  changedNow(): void {
    this.#fresh = false
    this.#telling?.()
    this.#telling = null
    this.#told = this.#parts.parts.runtime.now()
    for (const { listener } of [...this.#listeners])
      try {
        listener()
      } catch (error) {
        this.#parts.parts.report(error, 'store')
      }
  }

  #endLater(): void {
    this.#lingering = this.#parts.parts.runtime.timer(
      linger,
      () => {
        this.#lingering = null
        this.#stop?.()
        this.#stop = null
      },
      'upkeep',
    )
  }
}
