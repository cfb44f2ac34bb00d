import { part } from './dom.ts'
import type { Entry } from './entry.ts'

/** How far from the end still counts as the end, in pixels. */
const near = 80

/** Keeps what is being read in view: stays at the end when it was there, else stays where it is and says that there is more. */
export class Scroll {
  readonly #scroller = part('scroller', HTMLElement)
  readonly #newest = part('newest', HTMLButtonElement)
  #last: string | undefined
  #wasAtEnd = true

  constructor() {
    this.#newest.addEventListener('click', () => {
      this.#scroller.scrollTo({ top: this.#scroller.scrollHeight, behavior: 'smooth' })
      this.#scroller.focus({ preventScroll: true })
    })
    this.#scroller.addEventListener('scroll', () => {
      if (this.#atEnd()) this.#newest.hidden = true
    })
    new ResizeObserver(() => this.#resized()).observe(this.#scroller)
  }

  /** Runs a change of what can be scrolled, and puts right where it is scrolled to. */
  around(fresh: boolean, newest: Entry | undefined, me: string, change: () => void): void {
    const atEnd = this.#atEnd()
    const fromEnd = this.#scroller.scrollHeight - this.#scroller.scrollTop
    const arrived = newest !== undefined && newest.key !== this.#last
    this.#last = newest?.key
    change()
    const own = arrived && newest.from === me
    if (fresh || atEnd || own) this.#toEnd()
    else if (arrived) this.#newest.hidden = false
    else this.#scroller.scrollTop = this.#scroller.scrollHeight - fromEnd
  }

  #resized(): void {
    if (this.#wasAtEnd) this.#toEnd()
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
