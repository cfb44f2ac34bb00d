import type { Fault } from './faults.ts'
import { InvariantError, type Violation } from './invariant-error.ts'
import { Trace } from './trace.ts'

/** How many lines of the trace a report shows. */
const shownLines = 25

/**
 * What a world makes of its run: what has happened, what did not hold, which situations came about.
 *
 * @internal
 */
export class Verdict {
  readonly trace: Trace = new Trace()
  readonly situations: Set<string> = new Set()
  readonly violations: Violation[] = []
  readonly #seed: number
  readonly #now: () => number
  readonly #invariants: { readonly name: string; readonly holds: () => true | string }[] = []

  constructor(seed: number, now: () => number) {
    this.#seed = seed
    this.#now = now
  }

  /** Notes what happens. */
  note(text: string): void {
    this.trace.add(this.#now(), text)
  }

  /** Notes what does not hold. */
  violated(invariant: string, what: string): void {
    this.note(`VIOLATED ${invariant}: ${what}`)
    this.violations.push({ invariant, what })
  }

  sometimes(situation: string): void {
    this.situations.add(situation)
  }

  /** Adds an invariant of the user's own. */
  invariant(name: string, holds: () => true | string): void {
    this.#invariants.push({ name, holds })
  }

  /** Checks the user's own. */
  check(): void {
    for (const { name, holds } of this.#invariants) {
      const held = holds()
      if (held !== true) this.violated(name, held)
    }
  }

  /** @throws InvariantError when something did not hold. */
  pronounce(faults: readonly Fault[]): void {
    if (this.violations.length > 0) throw new InvariantError(this.violations, this.#report(faults))
  }

  #report(faults: readonly Fault[]): string {
    const [first] = this.violations
    const lines = [
      `${first?.invariant} does not hold: ${first?.what}`,
      ...this.violations.slice(1, 5).map(({ invariant, what }) => `  also ${invariant}: ${what}`),
      `seed ${this.#seed}, trace ${this.trace.hash}`,
      ...(faults.length === 0 ? [] : ['faults:', ...faults.map((fault) => `  ${JSON.stringify(fault)}`)]),
      'the last that happened:',
      ...this.trace.tail(shownLines),
    ]
    return lines.join('\n')
  }
}
