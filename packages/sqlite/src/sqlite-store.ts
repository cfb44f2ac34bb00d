import { ChatError, type Position, type Undo } from '@chat/core'
import type {
  AppendKey,
  AppendResult,
  LogHead,
  LogHint,
  LogPage,
  LogRange,
  NewMessage,
  SessionStore,
} from '@chat/core/backplane'
import { MemoryStore } from '@chat/core/memory'
import type { SqliteDatabase, SqliteStatement } from './database.ts'
import { unavailable } from './failure.ts'
import { GroupCommit } from './group-commit.ts'
import { type OpenFile, openFile } from './open-file.ts'
import { type Settings, type SqliteBackplaneOptions, toSettings } from './options.ts'
import { Reachability } from './reachability.ts'
import { SessionTable } from './session-table.ts'
import { SqliteLog } from './sqlite-log.ts'
import { StoreClock } from './store-clock.ts'
import { type Sweep, Sweeper } from './sweeper.ts'

type LogListener = (hint: LogHint) => void

/** A file with logs and sessions, and the memory beside it: presence, channels and listeners. */
export class SqliteStore {
  readonly settings: Settings
  /** Path of the file; empty for a database in memory. */
  readonly path: string
  readonly sessions: SessionStore
  /** Presence and channels, which do not outlive the process. */
  readonly memory: MemoryStore
  readonly reachability: Reachability
  readonly #database: SqliteDatabase
  readonly #file: OpenFile
  readonly #clock: StoreClock
  readonly #log: SqliteLog
  readonly #sessionTable: SessionTable
  readonly #writes: GroupCommit
  readonly #sweeper: Sweeper
  readonly #listeners = new Map<string, Set<LogListener>>()
  readonly #saveClock: SqliteStatement
  #closed = false

  /**
   * Opens the file of a database.
   *
   * @throws UsageError or ChatError when the file cannot be used; see {@link openFile}.
   */
  constructor(database: SqliteDatabase, options?: SqliteBackplaneOptions) {
    this.settings = toSettings(options)
    const { runtime, synchronous, sessions, dedupeWindow } = this.settings
    this.#database = database
    this.#file = openFile(database, { synchronous, epoch: runtime.id(10) })
    this.path = this.#file.path
    const { clock } = database.prepare('SELECT clock FROM store').get() as { clock: number }
    this.#clock = new StoreClock(runtime, clock)
    this.#saveClock = database.prepare('UPDATE store SET clock = ?')
    this.#log = new SqliteLog(database, this.settings, this.#clock)
    this.#sessionTable = new SessionTable(database, sessions)
    this.memory = new MemoryStore(runtime, { sessions, dedupeWindow })
    this.#writes = new GroupCommit(database, runtime, {
      beforeCommit: () => this.#log.beforeCommit(),
      committed: () => this.#committed(),
      rolledBack: (error) => this.#rolledBack(error),
    })
    this.sessions = this.#makeSessions()
    this.reachability = new Reachability(runtime, () => this.#run('reach the file', () => this.#tick()))
    this.#sweeper = new Sweeper(runtime, this.#sweeps())
  }

  /** Implements `Backplane.append`. */
  append(
    address: string,
    message: NewMessage,
    key: AppendKey,
    expected: Position | null | undefined,
  ): Promise<AppendResult> {
    return this.#run('append', () => this.#log.append(address, message, key, expected))
  }

  /** Implements `Backplane.find`. */
  find(address: string, key: AppendKey): AppendResult | null {
    return this.#read('look up a key', () => this.#log.find(address, key))
  }

  /** Implements `Backplane.read`. */
  read(address: string, range: LogRange): LogPage {
    return this.#read('read the log', () => this.#log.read(address, range))
  }

  /** Implements `Backplane.heads`. */
  heads(addresses: readonly string[]): LogHead[] {
    return this.#read('read the places of logs', () => this.#log.heads(addresses))
  }

  /** Implements `Backplane.tail`. */
  tail(address: string, listener: LogListener): Undo {
    const listeners = this.#listeners.get(address) ?? new Set()
    if (listeners.size === 0) this.#hold(address)
    this.#listeners.set(address, listeners)
    listeners.add(listener)
    return () => {
      if (!listeners.delete(listener) || listeners.size > 0) return
      this.#listeners.delete(address)
      this.#log.release(address)
    }
  }

  /** Implements `Backplane.bump`. */
  bump(address: string, epoch: string): Promise<void> {
    return this.#run('bump the log', () => this.#log.bump(address, epoch))
  }

  /** Implements `Backplane.redact`. */
  async redact(address: string, position: Position): Promise<boolean> {
    // The bytes of the entry must leave the file, not only the table.
    return this.#run('redact an entry', () => {
      this.#database.prepare('PRAGMA secure_delete = ON').get()
      return this.#log.redact(address, position)
    }).finally(() => this.#scrub())
  }

  /** Implements `Backplane.probe`. */
  probe(): void {
    if (this.reachability.failure !== null) throw unavailable('write to the file', this.reachability.failure)
    this.#read('reach the file', () => this.#database.prepare('SELECT clock FROM store').get())
  }

  /** The number of logs that stay for listeners, or because their places were asked for. */
  get pinned(): number {
    return this.#log.pinned
  }

  /** Forgets what is in memory of the file: after a test has changed the file from outside. */
  forgetMemory(): void {
    this.#log.forgetMemory()
    this.#sessionTable.clearCache()
  }

  /** Commits what waits, and releases the file. The database itself stays open. */
  close(): void {
    if (this.#closed) return
    this.#sweeper.close()
    this.#run('save the clock', () => this.#tick()).catch(() => {})
    this.#writes.flush()
    this.#closed = true
    this.reachability.close()
    this.#checkpoint()
    this.#file.lock.release()
  }

  #run<T>(operation: string, run: () => T): Promise<T> {
    return this.#closed ? Promise.reject(closedError(operation)) : this.#writes.run(operation, run)
  }

  #read<T>(operation: string, read: () => T): T {
    if (this.#closed) throw closedError(operation)
    try {
      return read()
    } catch (error) {
      throw unavailable(operation, error)
    }
  }

  #hold(address: string): void {
    try {
      if (!this.#log.hold(address)) return
    } catch {
      // The read that follows fails, too.
      return
    }
    // A log without messages has its epoch in memory, so a failure does no harm before the next start.
    this.#run('make the log', () => this.#log.ensure(address)).catch(() => {})
  }

  #makeSessions(): SessionStore {
    const table = this.#sessionTable
    const until = (ttl: number): number => this.#clock.now() + ttl
    return {
      put: (record, node, ttl) => this.#run('keep a session', () => table.put(record, node, until(ttl))),
      take: (id, attempt, ttl) =>
        this.#run('take a session', () => table.take(id, attempt, this.#clock.now(), until(ttl))),
      confirm: (id, generation) => this.#run('confirm a session', () => table.confirm(id, generation)),
      renew: (session, generation, lastRef, ttl) =>
        this.#run('renew a session', () => table.renew(session, generation, lastRef, until(ttl))),
      find: (id) => this.#read('find a session', () => table.find(id, this.#clock.now())),
      drop: (which) => this.#run('drop sessions', () => table.drop(which)),
    }
  }

  #sweeps(): Sweep[] {
    const now = (): number => this.#clock.now()
    const sweep = (lot: () => boolean) => () => this.#run('remove what has expired', lot)
    return [
      sweep(() => this.#log.sweep()),
      sweep(() => this.#log.review()),
      sweep(() => this.#log.sweepSenders()),
      sweep(() => this.#sessionTable.sweep(now())),
      sweep(() => {
        // The memory store itself sweeps only while it has logs.
        this.memory.presence.sweep(this.settings.runtime.now())
        this.#tick()
        return true
      }),
    ]
  }

  #tick(): void {
    this.#saveClock.run(this.#clock.now())
  }

  #committed(): void {
    this.reachability.noteSuccess()
    for (const { address, hint } of this.#log.takeAppended())
      for (const listener of [...(this.#listeners.get(address) ?? [])]) listener(hint)
  }

  #rolledBack(error: unknown): void {
    this.#log.rolledBack()
    this.#sessionTable.clearCache()
    this.reachability.noteFailure(error)
  }

  /** Writes the log of SQLite into the file, so that it holds nothing that was redacted. */
  #scrub(): void {
    try {
      this.#database.prepare('PRAGMA secure_delete = FAST').get()
    } catch {
      // The stricter setting costs time, and does no harm.
    }
    this.#checkpoint()
  }

  #checkpoint(): void {
    try {
      this.#database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()
    } catch {
      // SQLite writes its log into the file at its next checkpoint, or when the file is opened again.
    }
  }
}

const closedError = (operation: string): ChatError =>
  new ChatError('closed', `unable to ${operation}: the backplane is closed`)
