import { UsageError } from '@chat/core'
import type { SessionRecord, SessionStore, TakeAttempt, TakeResult } from '@chat/core/backplane'
import type { ServerClock } from '../connection/server-clock.ts'
import type { Cell, Cells, Change } from '../jetstream/cell.ts'
import type { Names } from '../names.ts'
import { holderOf, type StoredSession, takeOver } from './stored-session.ts'

/** The services of {@link NatsSessionStore}. */
export interface SessionServices {
  readonly cells: Cells
  readonly names: Names
  readonly clock: ServerClock
  /** Maximum lifetime of a record, in milliseconds. */
  readonly age: number
  /** Returns a mark that no user has. */
  newMark(): string
  /** Called with the duration for which a record is kept, in milliseconds. */
  onTime(time: number): void
}

/** The answer to a decision, and the record to write, if any. */
type SessionChange<Answer> = Change<StoredSession, Answer>

/**
 * Session records in JetStream: a subject for each session, which changes by compare-and-set. All of a user's
 * records are dropped in one step, because each names the mark that its user had when it was put: a new mark
 * makes them void.
 */
export class NatsSessionStore implements SessionStore {
  readonly #cells: Cells
  readonly #names: Names
  readonly #clock: ServerClock
  readonly #age: number
  readonly #newMark: () => string
  readonly #onTime: (time: number) => void

  constructor({ cells, names, clock, age, newMark, onTime }: SessionServices) {
    this.#cells = cells
    this.#names = names
    this.#clock = clock
    this.#age = age
    this.#newMark = newMark
    this.#onTime = onTime
  }

  /** Implements {@link SessionStore.put}. */
  async put({ id, user, secret }: SessionRecord, node: string, ttl: number): Promise<void> {
    const mark = await this.#mark(user)
    const record: StoredSession = {
      user,
      node,
      mark: mark.value,
      newest: [secret, 0],
      older: null,
      generation: 1,
      lastRef: 0,
      expires: this.#expiry(ttl),
      dropped: false,
    }
    await this.#cells.write(this.#names.session(id), record, null)
  }

  /** Implements {@link SessionStore.take}. */
  take(id: string, attempt: TakeAttempt, ttl: number): Promise<TakeResult> {
    const marking = this.#mark(attempt.user)
    marking.catch(() => {})
    return this.#change<TakeResult>(id, async (record) => {
      if (record === null || record.user !== attempt.user || !this.#isAlive(record, await marking))
        return { answer: { outcome: 'unknown' } }
      return takeOver(record, attempt, this.#expiry(ttl))
    })
  }

  /** Implements {@link SessionStore.confirm}. */
  confirm(id: string, generation: number): Promise<void> {
    return this.#change<void>(id, (record) =>
      record?.generation === generation && record.older !== null && !record.dropped
        ? { answer: undefined, write: { ...record, older: null } }
        : { answer: undefined },
    )
  }

  /** Implements {@link SessionStore.renew}. */
  renew(
    { id, user }: { readonly id: string; readonly user: string },
    generation: number,
    lastRef: number,
    ttl: number,
  ): Promise<boolean> {
    const marking = this.#mark(user)
    marking.catch(() => {})
    return this.#change<boolean>(id, async (record) => {
      const mark = await marking
      if (record === null || this.#isExpired(record)) return { answer: true }
      if (isDropped(record, mark)) return { answer: false }
      if (record.generation !== generation) return { answer: true }
      const write = { ...record, lastRef: Math.max(record.lastRef, lastRef), expires: this.#expiry(ttl) }
      return { answer: true, write }
    })
  }

  /** Implements {@link SessionStore.find}. */
  async find(id: string): Promise<{ readonly user: string; readonly node: string | null } | null> {
    const { value: record } = await this.#cells.read<StoredSession>(this.#names.session(id))
    if (record === null || !this.#isAlive(record, await this.#mark(record.user))) return null
    return { user: record.user, node: holderOf(record) }
  }

  /** Implements {@link SessionStore.drop}. */
  async drop(which: { readonly id: string } | { readonly user: string }): Promise<void> {
    if ('user' in which) await this.#cells.write(this.#names.user(which.user), this.#newMark(), null)
    else
      await this.#change<void>(which.id, (record) =>
        record === null || record.dropped
          ? { answer: undefined }
          : { answer: undefined, write: { ...record, dropped: true } },
      )
  }

  #change<Answer>(
    id: string,
    decide: (record: StoredSession | null) => Promise<SessionChange<Answer>> | SessionChange<Answer>,
  ): Promise<Answer> {
    return this.#cells.change<StoredSession, Answer>(this.#names.session(id), decide)
  }

  #mark(user: string): Promise<Cell<string>> {
    return this.#cells.read<string>(this.#names.user(user))
  }

  #expiry(ttl: number): number {
    if (ttl > this.#age)
      throw new UsageError(
        `unable to keep a session: it must be kept for ${ttl} ms, and the option 'sessions.age' of the NATS backplane is ${this.#age} ms; raise it above the hub's timeouts.session`,
      )
    this.#onTime(ttl)
    return this.#clock.now() + ttl
  }

  #isAlive(record: StoredSession, mark: Cell<string>): boolean {
    return !this.#isExpired(record) && !isDropped(record, mark)
  }

  #isExpired({ expires }: StoredSession): boolean {
    return expires <= this.#clock.now()
  }
}

/** A mark that is missing says that the user's records were not dropped within their lifetime. */
const isDropped = ({ dropped, mark }: StoredSession, { value }: Cell<string>): boolean =>
  dropped || (value !== null && value !== mark)
