import type { LogPage } from '../../backplane/backplane.ts'
import { attempt, type MaybePromise } from '../../runtime/maybe-promise.ts'
import type { Runtime } from '../../runtime/runtime.ts'

/** What becomes of a page. */
interface Reading {
  /** Whether a page will do that was asked for before: it may say yes, but is too old to say no. Default: it will not. */
  readonly suits?: (page: LogPage) => boolean
  readonly take: (page: LogPage) => void
  readonly failed: (error: unknown) => void
}

/** One who wants the page after a place. */
interface Asker extends Reading {
  readonly at: number
  /** When it asked, on the clock of these reads. */
  readonly asked: number
}

interface Shared {
  readonly began: number
  page: LogPage | null
  readonly waiting: Asker[]
}

/** What shared reads need of their feed. */
export interface ReadHost {
  readonly runtime: Runtime
  read(after: number): MaybePromise<LogPage>
}

/**
 * The reads of one log after a place, each made once for all who need it while it is on its way and for the rest of the turn in which it comes: when a thousand
 * clients come back at once, they stand in few places.
 *
 * @internal
 */
export class SharedReads {
  readonly #host: ReadHost
  readonly #reads = new Map<number, Shared>()
  #clock = 0

  constructor(host: ReadHost) {
    this.#host = host
  }

  /** Hands over the page after a place: in this very call when it is there. */
  after(at: number, reading: Reading): void {
    this.#join(this.#reads.get(at), { ...reading, at, asked: ++this.#clock })
  }

  #join(read: Shared | undefined, asker: Asker): void {
    if (read === undefined) this.#start(asker)
    else if (read.page === null) read.waiting.push(asker)
    else this.#hand(read, read.page, asker)
  }

  #start(asker: Asker): void {
    const { at } = asker
    const read: Shared = { began: ++this.#clock, page: null, waiting: [asker] }
    const over = (): void => {
      if (this.#reads.get(at) === read) this.#reads.delete(at)
    }
    this.#reads.set(at, read)
    attempt(
      () => this.#host.read(at),
      (page) => {
        read.page = page
        this.#host.runtime.defer(over)
        for (const waiting of read.waiting.splice(0)) this.#hand(read, page, waiting)
      },
      (error) => {
        over()
        for (const waiting of read.waiting.splice(0)) waiting.failed(error)
      },
    )
  }

  #hand(read: Shared, page: LogPage, asker: Asker): void {
    if (read.began > asker.asked || asker.suits?.(page) === true) return asker.take(page)
    const newer = this.#reads.get(asker.at)
    this.#join(newer !== undefined && newer.began > asker.asked ? newer : undefined, asker)
  }
}
