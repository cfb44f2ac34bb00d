import type { MaybePromise, Position, Undo } from '@chat/core'
import type {
  AppendKey,
  AppendResult,
  Backplane,
  BackplaneCapabilities,
  LogHead,
  LogHint,
  LogPage,
  LogRange,
  NewMessage,
  PresenceStore,
  SessionStore,
} from '@chat/core/backplane'
import { MemoryBackplane } from '@chat/core/memory'
import type { SqliteDatabase } from './database.ts'
import type { SqliteBackplaneOptions } from './options.ts'
import { SqliteStore } from './sqlite-store.ts'

/** Maximum size of a message, in bytes: a page of it is in memory several times while it is read. */
const largestPayload = 16 * 1024 * 1024

/**
 * Opens the backplane of a single process over a SQLite file: logs and sessions survive a restart. Presence and
 * channels are in memory.
 *
 * ```ts
 * import { DatabaseSync } from 'node:sqlite'
 *
 * const hub = new Hub({ backplane: sqliteBackplane(new DatabaseSync('chat.db')) })
 * ```
 *
 * The connection belongs to the backplane: use another connection for queries of your own, and close the
 * database after the hub.
 *
 * @param database - An open connection of `node:sqlite`, `bun:sqlite`, `better-sqlite3` or `libsql`, to a file of
 * its own. With `:memory:` nothing survives.
 * @throws UsageError when an option cannot work or does not exist, and when the file cannot be written, is
 * damaged, belongs to another application, or was written by a newer version of this package.
 * @throws ChatError `unavailable` when another process, or another backplane of this process, uses the file, or
 * the disk is full or fails.
 */
export function sqliteBackplane(database: SqliteDatabase, options?: SqliteBackplaneOptions): Backplane {
  const store = new SqliteStore(database, options)
  return new SqliteBackplane(store, () => store.close())
}

/** The backplane of a hub over a {@link SqliteStore}. */
export class SqliteBackplane implements Backplane {
  /** The abilities: an accepted message survives a crash of the hub. */
  readonly capabilities: BackplaneCapabilities
  /** The records of sessions, in the file. */
  readonly sessions: SessionStore
  /** The members of rooms, in memory. */
  readonly presence: PresenceStore
  readonly #store: SqliteStore
  readonly #memory: MemoryBackplane
  readonly #onClose: () => void
  readonly #undos = new Set<Undo>()

  /** @param onClose - Called when this backplane was closed. */
  constructor(store: SqliteStore, onClose: () => void) {
    this.#store = store
    this.#onClose = onClose
    this.#memory = new MemoryBackplane(store.memory)
    this.sessions = store.sessions
    this.presence = this.#memory.presence
    this.capabilities = {
      name: 'sqlite',
      durability: store.path === '' ? 'node' : 'log',
      hints: 'complete',
      reverseReads: true,
      dedupeWindow: store.settings.dedupeWindow,
      largestPayload,
      largestRoom: null,
    }
  }

  /** Appends to a log; see {@link Backplane.append}. Answers after the commit. */
  append(
    stream: string,
    message: NewMessage,
    key: AppendKey,
    expected?: Position | null,
  ): MaybePromise<AppendResult> {
    return this.#store.append(stream, message, key, expected)
  }

  /** Looks a key up; see {@link Backplane.find}. */
  find(stream: string, key: AppendKey): MaybePromise<AppendResult | null> {
    return this.#store.find(stream, key)
  }

  /** Reads a page of a log; see {@link Backplane.read}. */
  read(stream: string, range: LogRange): MaybePromise<LogPage> {
    return this.#store.read(stream, range)
  }

  /** Returns the places of logs; see {@link Backplane.heads}. */
  heads(streams: readonly string[]): MaybePromise<readonly LogHead[]> {
    return this.#store.heads(streams)
  }

  /** Listens to the appends of a log; see {@link Backplane.tail}. */
  tail(stream: string, listener: (hint: LogHint) => void): Undo {
    // Each call is a listener of its own, also with a function that listens already.
    return this.#track(this.#store.tail(stream, (hint) => listener(hint)))
  }

  /** Gives a log a new epoch; see {@link Backplane.bump}. */
  bump(stream: string, epoch: string): MaybePromise<void> {
    return this.#store.bump(stream, epoch)
  }

  /** Empties an entry; see {@link Backplane.redact}. Its data leaves the file, too. */
  redact(stream: string, position: Position): MaybePromise<boolean> {
    return this.#store.redact(stream, position)
  }

  /** Sends a text to the subscribers of this process; see {@link Backplane.publish}. */
  publish(channel: string, text: string): MaybePromise<void> {
    return this.#memory.publish(channel, text)
  }

  /** Listens to a channel; see {@link Backplane.subscribe}. */
  subscribe(channel: string, listener: (text: string) => void): Undo {
    return this.#memory.subscribe(channel, listener)
  }

  /** Calls `listener` when the file can be written again; see {@link Backplane.onReconnect}. */
  onReconnect(listener: () => void): Undo {
    return this.#track(this.#store.reachability.onReturn(() => listener()))
  }

  /** Tests if the file can be used; see {@link Backplane.probe}. */
  probe(): MaybePromise<void> {
    return this.#store.probe()
  }

  /** Commits what waits, and lets the file go; see {@link Backplane.close}. The database stays open. */
  async close(): Promise<void> {
    for (const undo of this.#undos) undo()
    this.#undos.clear()
    await this.#memory.close()
    this.#onClose()
  }

  #track(undo: Undo): Undo {
    this.#undos.add(undo)
    return () => {
      this.#undos.delete(undo)
      undo()
    }
  }
}
