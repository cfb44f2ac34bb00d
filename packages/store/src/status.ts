import {
  type AnyContract,
  type ChatError,
  type Client,
  type ClientParts,
  type ClientStatus,
  clientParts,
  type Undo,
} from '@chat/core'
import { markRaw } from '@chat/core/transport'
import { Cell } from './cell.ts'
import { checkClient } from './check-options.ts'
import type { Store } from './store.ts'

/** State of a client's connection, for a screen. */
export interface StatusSnapshot {
  /** Status of the client. `offline` when the platform says that it has no network. */
  readonly status: ClientStatus
  /**
   * Wait until the next attempt to connect, in milliseconds, rounded up to whole seconds and renewed each second;
   * `null` while the client does not wait for one.
   */
  readonly retryIn: number | null
  /** Reason why the connection was lost, could not be made, or will not be made again; `null` for none. */
  readonly error: ChatError | null
}

/** Store of a client's status, as {@link status} returns it. */
export interface StatusStore extends Store<StatusSnapshot> {
  /** Connects now instead of after the wait, for a button "Try again". Does nothing on a closed client. */
  reconnect(this: void): void
}

/** Time after which the wait for the next attempt is shown anew, in milliseconds. */
const second = 1_000

/**
 * Returns a store of a client's status, with the wait for the next attempt.
 *
 * ```ts
 * const connection = status(client)
 * connection.subscribe(() => show(connection.snapshot().status))
 * ```
 *
 * @throws UsageError when `client` is no client.
 */
export function status<C extends AnyContract>(client: Client<C>): StatusStore {
  checkClient('show the status', client as unknown)
  return new ClientStatusStore(client)
}

class ClientStatusStore<C extends AnyContract> implements StatusStore {
  readonly #client: Client<C>
  readonly #parts: ClientParts
  readonly #cell: Cell<StatusSnapshot>
  readonly subscribe: StatusStore['subscribe']
  readonly snapshot: StatusStore['snapshot']
  #shown: StatusSnapshot
  #tick: Undo | null = null

  constructor(client: Client<C>) {
    this.#client = client
    this.#shown = { status: client.status, retryIn: null, error: null }
    this.#parts = clientParts(client.to('*'))
    this.#cell = new Cell({ parts: this.#parts, make: () => this.#shown, start: () => this.#start() })
    markRaw(this)
    this.subscribe = this.#cell.subscribe
    this.snapshot = this.#cell.snapshot
  }

  readonly reconnect = (): void => {
    if (this.#client.status !== 'closed') this.#client.reconnect()
  }

  #start(): Undo {
    this.#look(this.#client.status === 'connected' ? null : this.#shown.error)
    const undo = this.#client.on('$status', ({ error }) => this.#look(error ?? null))
    return () => {
      undo()
      this.#tick?.()
      this.#tick = null
    }
  }

  /** Takes the status, and looks again after a second while the client waits for its next attempt. */
  #look(error: ChatError | null): void {
    const { status, retryIn } = this.#client
    const wait = retryIn === null ? null : Math.ceil(retryIn / second) * second
    const { status: before, retryIn: waited, error: told } = this.#shown
    if (status !== before || wait !== waited || error !== told) {
      this.#shown = { status, retryIn: wait, error }
      this.#cell.changedNow()
    }
    this.#tick?.()
    const settled = status === 'connected' || status === 'closed'
    this.#tick = settled ? null : this.#parts.runtime.timer(second, () => this.#look(this.#shown.error))
  }
}
