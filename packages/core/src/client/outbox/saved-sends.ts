import { ChatError, type ErrorCode, UncertainError } from '../../vocabulary/errors.ts'
import { reasonOf } from '../../vocabulary/text.ts'
import type { ClientContext } from '../context.ts'
import type { OutboxEntry, OutboxStorage } from '../outbox-types.ts'
import { isSound, type KeptSend, uncertain } from './kept-send.ts'

/** Time for a step of the storage, in milliseconds: a storage that hangs holds up no message for longer. */
const patience = 5_000

type Change = Parameters<OutboxStorage['update']>[1]

/** Options of {@link SavedSends}. */
interface SavedSendsOptions {
  readonly context: ClientContext
  readonly storage: OutboxStorage
  readonly user: string | null
  /** Name of this list in the storage. */
  readonly page: string
  /** Called after each change of the list. */
  readonly changed: () => void
  /** Called when all changes are saved, or the storage has failed. */
  readonly saved: () => void
}

/** Messages of a page for one user, in the order of their sends, and the same list in the storage. */
export class SavedSends {
  user: string | null
  list: readonly KeptSend[] = []
  /** `true` while changes are being saved. */
  saving = false
  /** `true` once the storage has failed. */
  failing = false
  /** `true` when messages go out without the storage. */
  failed = false
  /**
   * `true` when another page may take the messages of this page while it is open, because the platform cannot tell
   * which pages are open; `null` while that is not known.
   */
  #shared: boolean | null = null
  readonly #context: ClientContext
  readonly #storage: OutboxStorage
  readonly #page: string
  readonly #changed: () => void
  readonly #saved: () => void
  #dirty = false

  constructor({ context, storage, user, page, changed, saved }: SavedSendsOptions) {
    this.#context = context
    this.#storage = storage
    this.user = user
    this.#page = page
    this.#changed = changed
    this.#saved = saved
  }

  find(key: string): KeptSend | undefined {
    return this.list.find(({ entry }) => entry.key === key)
  }

  /** Adds a message behind all others, also when the list has it already. */
  append(kept: KeptSend): void {
    this.list = [...this.list.filter((other) => other !== kept), kept]
  }

  /** Adds messages of earlier pages: behind those of pages before, and before those of this page. */
  insert(taken: readonly KeptSend[]): void {
    const own = this.list.findIndex((kept) => !kept.earlier)
    const place = own < 0 ? this.list.length : own
    this.list = [...this.list.slice(0, place), ...taken, ...this.list.slice(place)]
  }

  remove(gone: readonly KeptSend[]): void {
    this.list = this.list.filter((kept) => !gone.includes(kept))
  }

  /** Saves the messages, as they are now. */
  save(): void {
    this.#dirty = true
    if (this.saving || this.failed || this.user === null) return
    this.saving = true
    void this.#saveAll()
  }

  async #saveAll(): Promise<void> {
    try {
      while (this.#dirty) {
        this.#dirty = false
        await this.saveWith((stored) => stored)
      }
    } catch (error) {
      await this.fail(error)
    }
    this.saving = false
    this.#saved()
  }

  /** Saves the messages. `prepare` changes what is stored before, in the same step. */
  async saveWith(prepare: Change): Promise<void> {
    let kept: readonly KeptSend[] = []
    let fresh: readonly KeptSend[] = []
    let entries: readonly OutboxEntry[] = []
    const change: Change = (found) => {
      // A change that was late comes after its failure, and must change nothing.
      if (this.failing) throw new Error('the storage has failed before')
      this.#giveUp(found)
      const stored = prepare(found)
      kept = this.list.filter(({ state }) => state !== 'refused')
      entries = kept.map(({ entry }) => entry)
      fresh = kept.filter(({ saved }) => !saved)
      for (const each of kept) each.saved = true
      return [...stored.filter(({ page }) => page !== this.#page), ...entries]
    }
    try {
      await this.update(change)
    } catch (error) {
      if (!(error instanceof UncertainError)) for (const each of fresh) each.saved = false
      throw error
    }
    for (const [n, each] of kept.entries()) {
      each.saved = true
      if (each.entry === entries[n]) each.ready = each.ref > 0
    }
  }

  /**
   * Changes the entries of the user, once the user is known. Drops malformed entries of other pages, and tells the
   * application.
   *
   * @throws UncertainError when the storage takes too long, and its own error when it fails: then nothing is changed.
   */
  async update(change: Change): Promise<void> {
    const { user } = this
    if (user === null) return
    let malformed = 0
    const changeSound: typeof change = (found) => {
      const sound = found.filter((entry) => entry?.page === this.#page || isSound(entry))
      malformed = found.length - sound.length
      return change(sound)
    }
    await new Promise<unknown>((resolve, reject) => {
      const timer = this.#context.runtime.timer(patience, () =>
        reject(new UncertainError(`no answer within ${patience} ms`)),
      )
      const run = async (): Promise<unknown> => this.#storage.update(user, changeSound)
      run().then(resolve, reject).finally(timer)
    })
    this.#shared ??= await this.#storage.isClosed(this.#storage.page)
    if (malformed > 0)
      this.report('bad_payload', `unable to send ${malformed} messages: the storage has them malformed`)
  }

  /**
   * The storage has failed: tells the application once. Messages go out without it, except for those that stay in it:
   * a later page will send them.
   */
  async fail(cause: unknown): Promise<void> {
    if (this.failing) return
    this.failing = true
    // Less may fit when more does not. Messages that were written are stored with their ids, and may stay.
    const cleared = await this.update((stored) => {
      const waiting = new Set(this.#waiting().map(({ entry }) => entry.key))
      return stored.filter(({ page, key }) => page !== this.#page || !waiting.has(key))
    }).then(
      () => true,
      () => false,
    )
    this.failed = true
    this.report('unavailable', `unable to keep messages in the outbox: ${reasonOf(cause)}`, cause)
    for (const { saved, aborter } of this.#waiting())
      if (saved && !cleared) aborter?.abort(uncertain('the outbox has it for a later page'))
  }

  /** Returns the messages among the operations that are not written. */
  #waiting(): KeptSend[] {
    return this.list.filter(({ aborter, state }) => aborter !== null && state === 'waiting')
  }

  /** Gives up the messages that another page has taken, where the platform cannot tell which pages are open. */
  #giveUp(found: readonly OutboxEntry[]): void {
    if (this.#shared === false) return
    const here = new Set(found.map(({ key, page }) => page === this.#page && key))
    const gone = this.list.filter(
      ({ entry, saved, state }) => saved && state !== 'refused' && !here.has(entry.key),
    )
    this.remove(gone)
    for (const { aborter } of gone)
      aborter?.abort(uncertain('another page has taken the message out of the outbox'))
    if (gone.length > 0) this.#changed()
  }

  /** Resolves with `true` when the page of a list is closed, or when the platform cannot tell. */
  async isClosed(list: string): Promise<boolean> {
    const [page = ''] = list.split('/')
    const own = this.#storage.page
    // A list of this page that is not this one belongs to a user before.
    return page === own || this.#storage.isClosed(page)
  }

  /** Gives up the name of this page. */
  close(): void {
    this.#storage.close()
  }

  /** Tells the application of an error. */
  report(code: ErrorCode, message: string, cause?: unknown): void {
    this.#context.reportError(new ChatError(code, message, { cause }), 'outbox')
  }
}
