import type { Message, Position } from '@chat/core'

/** Counts what a page misses while it has no connection, and what it gets afterwards. */
export class Absence {
  readonly #me: string
  readonly #from: Position
  readonly #began: number
  readonly #arrived: Message[] = []
  #head: Position | null = null
  #seconds = 0

  /** `me` is the own name, `from` the position of the last message before. */
  constructor(me: string, from: Position, now: number) {
    this.#me = me
    this.#from = from
    this.#began = now
  }

  /** Called with each message of the room that arrives. */
  heard(message: Message): void {
    this.#arrived.push(message)
  }

  /** Called when the page is back: `head` is the position of the newest message in the log. */
  back(head: Position, now: number): void {
    this.#head = head
    this.#seconds = Math.round((now - this.#began) / 1_000)
  }

  /** Describes the absence; `null` while messages are still on their way to the page, which is at `position`. */
  report(position: Position | undefined): string | null {
    if (this.#head === null || position === undefined) return null
    const [epoch, newest] = this.#head
    const [before, last] = this.#from
    if (position[0] !== epoch || position[1] < newest) return null
    if (epoch !== before) return `Back after ${this.#seconds} s, at a new log`
    const caughtUp = this.#arrived.filter(({ position: [, at] }) => at > last && at <= newest)
    const got = caughtUp.filter(({ from }) => from !== this.#me).length
    const missed = newest - last - (caughtUp.length - got)
    return `Back after ${this.#seconds} s: ${missed === 0 ? 'nothing missed' : `missed ${missed}, got ${got}`}`
  }
}
