import { ChatError, UncertainError } from '../../vocabulary/errors.ts'
import type { ClientContext } from '../context.ts'
import { checkAddress, checkName } from '../operations/checks.ts'
import type { OutboxEntry, OutboxStorage } from '../outbox-types.ts'
import { elementsOf } from './kept-send.ts'

/** Time for a step of the storage, in milliseconds: a storage that hangs holds up no message for longer. */
const patience = 5_000

/** Entries in the storage of an outbox, as a page changes them. */
export class StoredEntries {
  /**
   * `true` when another page may take the entries of this page while it is open, because the platform cannot tell
   * which pages are open; `null` while that is not known.
   */
  shared: boolean | null = null
  readonly #context: ClientContext
  readonly #storage: OutboxStorage
  readonly #list: string

  /** `list` is the name of the entries of this page. */
  constructor(context: ClientContext, storage: OutboxStorage, list: string) {
    this.#context = context
    this.#storage = storage
    this.#list = list
  }

  /**
   * Changes the entries of a user. Drops malformed entries of other pages, and tells the application.
   *
   * @throws UncertainError when the storage takes too long, and its own error when it fails: then nothing is changed.
   */
  async change(user: string, change: Parameters<OutboxStorage['update']>[1]): Promise<void> {
    let malformed = 0
    const changeSound: typeof change = (found) => {
      const sound = found.filter((entry) => entry?.page === this.#list || isSound(entry))
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
    this.shared ??= await this.#storage.isClosed(this.#storage.page)
    if (malformed > 0)
      this.report('bad_payload', `unable to send ${malformed} messages: the storage has them malformed`)
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
  report(code: ChatError['code'], message: string, cause?: unknown): void {
    this.#context.reportError(new ChatError(code, message, { cause }), 'outbox')
  }
}

/** Returns `true` for an entry that a page can send, or ask the log for. */
function isSound(entry: OutboxEntry): boolean {
  try {
    const [address, event] = elementsOf(entry)
    checkAddress(address)
    checkName(event)
    const { key, page, id } = entry
    return [key, page, id ?? ''].every((text) => typeof text === 'string')
  } catch {
    return false
  }
}
