import type { Runtime } from '@chat/core'
import type { SqliteDatabase, SqliteStatement } from './database.ts'
import { failureKind, failureText, unavailable } from './failure.ts'

/** An operation that waits for its transaction. */
interface Write {
  readonly operation: string
  readonly run: () => unknown
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/** Called by a {@link GroupCommit} at the steps of each transaction. */
export interface CommitListener {
  /** Runs before the commit, inside the transaction. May throw. */
  beforeCommit(): void
  /** Runs after the commit. The answers have been given. */
  committed(): void
  /** Runs after a transaction failed: what it has read or written is void. */
  rolledBack(error: unknown): void
}

/** Number of waiting operations at which the transaction does not wait for the end of the turn. */
const fullGroup = 1_000
/** Number of operations that may fail one after the other before the rest is refused, too. */
const patience = 8
const noError = Symbol('no error')

/**
 * Runs the write operations of a turn in one transaction, and answers them after its commit. An operation that
 * fails takes no other with it: the group is then repeated, one transaction for each operation.
 */
export class GroupCommit {
  readonly #runtime: Runtime
  readonly #listener: CommitListener
  readonly #begin: SqliteStatement
  readonly #commit: SqliteStatement
  readonly #rollback: SqliteStatement
  #waiting: Write[] = []
  #deferred = false
  #flushing = false
  /** The last transaction could not be undone, and may still be open. */
  #stuck = false

  constructor(database: SqliteDatabase, runtime: Runtime, listener: CommitListener) {
    this.#runtime = runtime
    this.#listener = listener
    this.#begin = database.prepare('BEGIN IMMEDIATE')
    this.#commit = database.prepare('COMMIT')
    this.#rollback = database.prepare('ROLLBACK')
  }

  /**
   * Runs an operation in the transaction of this turn. Resolves with its value after the commit; rejects with
   * `unavailable` when the database fails.
   *
   * @param operation - Completes "unable to …" in the text of the error.
   */
  run<T>(operation: string, run: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ operation, run, resolve: resolve as (value: unknown) => void, reject })
      if (this.#waiting.length >= fullGroup) this.flush()
      else this.#flushLater()
    })
  }

  /** Commits what waits, at once. */
  flush(): void {
    if (this.#flushing || this.#waiting.length === 0) return
    this.#flushing = true
    const group = this.#waiting
    this.#waiting = []
    try {
      const error = this.#transact(group)
      if (error !== noError) this.#repeat(group, error)
    } finally {
      this.#flushing = false
      // A listener of the commit may have written again.
      if (this.#waiting.length > 0) this.#flushLater()
    }
  }

  #flushLater(): void {
    if (this.#deferred) return
    this.#deferred = true
    this.#runtime.defer(() => {
      this.#deferred = false
      this.flush()
    })
  }

  /** Runs operations in one transaction. Returns the error that undid it. */
  #transact(group: readonly Write[]): unknown {
    const answers: unknown[] = []
    try {
      if (this.#stuck) this.#undo()
      this.#begin.run()
    } catch (error) {
      // Not undone: a transaction that is open here is not ours.
      this.#listener.rolledBack(error)
      return error
    }
    try {
      for (const write of group) answers.push(write.run())
      this.#listener.beforeCommit()
      this.#commit.run()
    } catch (error) {
      this.#undo()
      this.#listener.rolledBack(error)
      return error
    }
    for (const [n, { resolve }] of group.entries()) resolve(answers[n])
    this.#listener.committed()
    return noError
  }

  /** Repeats a group that failed, one operation at a time. */
  #repeat(group: readonly Write[], reason: unknown): void {
    let error = reason
    let failed = 0
    for (const write of group) {
      if (group.length > 1 && failed < patience && failureKind(error) !== 'busy')
        error = this.#transact([write])
      if (error === noError) failed = 0
      else {
        failed++
        write.reject(unavailable(write.operation, error))
      }
    }
  }

  #undo(): void {
    this.#stuck = false
    try {
      this.#rollback.run()
    } catch (error) {
      // After some failures SQLite has rolled back by itself.
      this.#stuck = !/no transaction/.test(failureText(error))
    }
  }
}
