import type { OutboxEntry, OutboxStorage, Runtime } from '@chat/core'

/** Most milliseconds until a change is stored, and again until the page knows it. */
const latency = 20

/**
 * Storage of outboxes in memory, as a browser has it: what a page stored is there for the next page. Changes take
 * virtual time, so a page can end in the middle of each.
 *
 * ```ts
 * const disk = new OutboxDisk(w.runtime('disk'))
 * const page = disk.openPage()
 * const client = await w.client(hub, 'alice', { outbox: openOutbox(page) })
 * page.crash()
 * client.close()
 * const next = await w.client(hub, 'alice', { outbox: openOutbox(disk.openPage()) })
 * ```
 */
export class OutboxDisk {
  /** Error with which every change fails from now on; `null` for none. */
  failure: Error | null = null
  /** `true` while changes neither happen nor fail. */
  hangs = false
  /** `true` when no page can tell which pages are open, as where there are no Web Locks. */
  blind = false
  readonly #runtime: Runtime
  readonly #entries = new Map<string, readonly OutboxEntry[]>()
  readonly #open = new Set<string>()

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  /** Ends all that is wrong with the disk. A change that hangs goes on hanging. */
  recover(): void {
    this.failure = null
    this.hangs = false
    this.blind = false
  }

  /** Entries of a user that are stored. */
  entriesOf(user: string): readonly OutboxEntry[] {
    return this.#entries.get(user) ?? []
  }

  /** Opens a page. Give it to `openOutbox`. */
  openPage(): OutboxPage {
    const page = this.#runtime.id(12)
    this.#open.add(page)
    let alive = true
    return {
      page,
      update: (user, change) => this.#update(user, (entries) => (alive ? change(entries) : null)),
      isClosed: async (other) => this.blind || !this.#open.has(other),
      close: () => {
        this.#open.delete(page)
      },
      crash: () => {
        alive = false
        this.#open.delete(page)
      },
    }
  }

  /** Runs a change after a while, and answers after a further while; never answers a page that has crashed. */
  async #update(
    user: string,
    change: (entries: readonly OutboxEntry[]) => readonly OutboxEntry[] | null,
  ): Promise<void> {
    await this.#wait()
    if (this.hangs) return this.#never()
    if (this.failure !== null) throw this.failure
    const changed = change(this.entriesOf(user))
    if (changed === null) return this.#never()
    // Structured clones, as a browser stores them.
    this.#entries.set(user, JSON.parse(JSON.stringify(changed)))
    await this.#wait()
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => this.#runtime.timer(this.#runtime.random() * latency, resolve))
  }

  #never(): Promise<void> {
    return new Promise(() => {})
  }
}

/** A page with the storage of an {@link OutboxDisk}. */
export interface OutboxPage extends OutboxStorage {
  /** Ends the page at once: a change that has not happened does not happen. Close the client, too. */
  crash(): void
}
