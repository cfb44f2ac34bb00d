import { part } from './dom.ts'
import type { Entry } from './entries.ts'

/** Distance from the end, in pixels, that still counts as the end. */
const near = 80

/**
 * Keeps the visible messages in view: stays at the end if it was there; otherwise keeps its position and
 * shows a button for new messages.
 */
export class Scroll {
  readonly #scroller = part('scroller', HTMLElement)
  readonly #newest = part('newest', HTMLButtonElement)
  #last: string | undefined
  #wasAtEnd = true

  constructor() {
    this.#newest.addEventListener('click', () => {
      this.#toEnd()
      this.#scroller.focus({ preventScroll: true })
    })
    this.#scroller.addEventListener('scroll', () => {
      if (this.#atEnd()) this.#newest.hidden = true
    })
    new ResizeObserver(() => this.#wasAtEnd && this.#toEnd()).observe(this.#scroller)
  }

  /** Runs a change of the content, and corrects the scroll position. */
  around(newest: Entry | undefined, me: string, change: () => void): void {
    const atEnd = this.#atEnd()
    const fromEnd = this.#scroller.scrollHeight - this.#scroller.scrollTop
    const arrived = newest !== undefined && newest.key !== this.#last
    this.#last = newest?.key
    change()
    if (atEnd || (arrived && newest.from === me)) this.#toEnd()
    else if (arrived) this.#newest.hidden = false
    else this.#scroller.scrollTop = this.#scroller.scrollHeight - fromEnd
  }

  #toEnd(): void {
    this.#scroller.scrollTop = this.#scroller.scrollHeight
    this.#newest.hidden = true
    this.#wasAtEnd = true
  }

  #atEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller
    this.#wasAtEnd = scrollHeight - scrollTop - clientHeight < near
    return this.#wasAtEnd
  }
}
