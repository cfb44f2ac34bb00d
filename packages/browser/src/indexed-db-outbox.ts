import {
  type Outbox,
  type OutboxEntry,
  type OutboxOptions,
  type OutboxStorage,
  openOutbox,
  UsageError,
} from '@chat/core'
import { createStore, type UseStore, update } from 'idb-keyval'

/** Version of what is stored. */
const version = 1

/** Entries of a user, as the database has them. */
interface Stored {
  readonly version: number
  readonly entries: readonly OutboxEntry[]
}

/**
 * Returns an outbox that keeps messages in IndexedDB until they are stored, for the option `outbox` of `connect`: they
 * survive a reload, a crash of the tab and a day offline. Pages with the same `name` share their messages. Each client
 * needs an outbox of its own.
 *
 * Web Locks tell which tabs are open. Where there are none, as on pages over plain HTTP, a tab also takes the messages
 * of open tabs; one of the tabs sends each message.
 *
 * A storage that is full, blocked or absent, or that a page of another version has written, is told once in `$error`,
 * with the subject `outbox`. Messages then go out without the outbox.
 *
 * ```ts
 * const client = connect('/chat', { contract: chat, token, outbox: indexedDbOutbox('app') })
 * ```
 *
 * @throws UsageError when `name` is not a text, an option does not exist or has a wrong value.
 */
export function indexedDbOutbox(name: string, options: OutboxOptions = {}): Outbox {
  if (typeof name !== 'string' || name === '')
    throw new UsageError(
      'unable to open an outbox: give the name of its storage, such as the name of the application',
    )
  return openOutbox(new IndexedDbStorage(`chat-outbox:${name}`), options)
}

/** Storage of an outbox in a database of its own, with a list of entries for each user. */
class IndexedDbStorage implements OutboxStorage {
  readonly page = [...crypto.getRandomValues(new Uint32Array(4))].join('-')
  readonly #name: string
  #store: UseStore | null = null
  #open: Promise<unknown> | null = null
  #close: (() => void) | null = null

  constructor(name: string) {
    this.#name = name
  }

  async update(
    user: string,
    change: (entries: readonly OutboxEntry[]) => readonly OutboxEntry[],
  ): Promise<void> {
    this.#open ??= this.#hold()
    await this.#open
    this.#store ??= createStore(this.#name, 'entries')
    const store = this.#store
    await update<Stored>(
      user,
      (stored) => ({ version, entries: change(entriesOf(stored)) }),
      (mode, callback) => store(mode, (entries) => callback(this.#watch(entries))),
    )
  }

  /** Has the application or the user delete the database: the next change creates it again. */
  #watch(entries: IDBObjectStore): IDBObjectStore {
    const { db } = entries.transaction
    db.onversionchange = () => {
      db.close()
      this.#store = null
    }
    return entries
  }

  async isClosed(page: string): Promise<boolean> {
    if (locks === undefined) return true
    return locks.request(`${this.#name}:${page}`, { ifAvailable: true }, (lock) => lock !== null)
  }

  close(): void {
    this.#close?.()
  }

  /** Holds the lock with the name of this page, until the page ends or the outbox is closed. */
  #hold(): Promise<unknown> {
    return new Promise((resolve) => {
      const held = new Promise<void>((close) => {
        this.#close = close
      })
      const request = locks?.request(`${this.#name}:${this.page}`, () => {
        resolve(null)
        return held
      })
      if (request === undefined) resolve(null)
      // Without the lock, another tab may take the messages of this tab.
      request?.catch(resolve)
    })
  }
}

const locks = (globalThis.navigator as Partial<Navigator> | undefined)?.locks

function entriesOf(stored: Stored | undefined): readonly OutboxEntry[] {
  if (stored === undefined) return []
  if (stored.version !== version || !Array.isArray(stored.entries))
    throw new Error(`the storage has version ${stored.version}, and this page knows version ${version}`)
  return stored.entries
}
