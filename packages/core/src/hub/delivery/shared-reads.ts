import type { LogPage } from '../../backplane/backplane.ts'
import { attempt, type MaybePromise } from '../../runtime/maybe-promise.ts'
import type { Turns } from '../../runtime/turns.ts'

/** A log of which pages are read. */
export interface ReadableLog {
  /** Reads the page after an offset. */
  readPage(after: number): MaybePromise<LogPage>
}

/** The continuation of a read. */
interface PageRequest {
  /**
   * Tells whether a page that was requested earlier is good enough. It can prove that a position is valid,
   * but is too old to reject one. Default: read again.
   */
  readonly accepts?: (page: LogPage) => boolean
  /** Called with the page. */
  readonly take: (page: LogPage) => void
  /** Called with the error of the backplane. */
  readonly failed: (error: unknown) => void
}

/** A request for the page after an offset. */
interface PendingRequest extends PageRequest {
  readonly at: number
  /** The time of the request, on the clock of these reads. */
  readonly asked: number
}

interface SharedRead {
  readonly began: number
  page: LogPage | null
  readonly waiting: PendingRequest[]
}

/**
 * Reads of one log after an offset, each made once for all requests that come while it is under way and in
 * the rest of the turn in which its page arrives; while connections wait for their turn, also in the turns
 * that follow. When a thousand clients come back at once, they stand at few positions.
 */
export class SharedReads {
  readonly #turns: Turns
  readonly #log: ReadableLog
  /** The reads by their offset; `null` while there is none. */
  #reads: Map<number, SharedRead> | null = null
  #clock = 0

  constructor(turns: Turns, log: ReadableLog) {
    this.#turns = turns
    this.#log = log
  }

  /** Reads the page after an offset. `take` runs in this very call when the page is at hand. */
  pageAfter(at: number, request: PageRequest): void {
    this.#join(this.#reads?.get(at), { ...request, at, asked: ++this.#clock })
  }

  /** Forgets the pages that were read, because a message of the log has changed. */
  forget(): void {
    for (const [at, read] of this.#reads ?? []) if (read.page !== null) this.#remove(at, read)
  }

  #join(read: SharedRead | undefined, request: PendingRequest): void {
    if (read === undefined) this.#start(request)
    else if (read.page === null) read.waiting.push(request)
    else this.#hand(read, read.page, request)
  }

  #start(request: PendingRequest): void {
    const { at } = request
    const read: SharedRead = { began: ++this.#clock, page: null, waiting: [request] }
    const over = (): void => this.#remove(at, read)
    this.#reads ??= new Map()
    this.#reads.set(at, read)
    attempt(
      () => this.#log.readPage(at),
      (page) => {
        read.page = page
        this.#turns.afterCrowd(over)
        for (const waiting of read.waiting.splice(0)) this.#hand(read, page, waiting)
      },
      (error) => {
        over()
        for (const waiting of read.waiting.splice(0)) waiting.failed(error)
      },
    )
  }

  #remove(at: number, read: SharedRead): void {
    if (this.#reads?.get(at) !== read) return
    this.#reads.delete(at)
    if (this.#reads.size === 0) this.#reads = null
  }

  #hand(read: SharedRead, page: LogPage, request: PendingRequest): void {
    if (read.began > request.asked || request.accepts?.(page) === true) return request.take(page)
    const newer = this.#reads?.get(request.at)
    this.#join(newer !== undefined && newer.began > request.asked ? newer : undefined, request)
  }
}
