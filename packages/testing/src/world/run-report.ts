import type { Fault } from '../faults/faults.ts'
import { InvariantError, type Violation } from './invariant-error.ts'
import { Trace } from './trace.ts'

/** How much a report shows: the last lines of the trace, what befell whom in those before, and violations. */
const shownLines = 16
const shownEvents = 10
const shownViolations = 5
/** Of the lines before the last, those that tell a story: what has failed, and what became of clients and hubs. */
const event =
  /^ *[\d.]+ {2}(?!VIOLATED).*(?:fault: | is (?:re)?connect|told of a gap|a snapshot of|starts again|every fault)/

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
  /** Whether the invariants of delivery count. */
  readonly #delivery: boolean
  readonly #invariants: { readonly name: string; readonly holds: () => true | string }[] = []
  /** The user's own that did not hold: once is enough. */
  readonly #broken = new Set<string>()
  /** What led to the first thing that was wrong. */
  #scene: readonly string[] | null = null

  constructor(seed: number, now: () => number, delivery: boolean) {
    this.#seed = seed
    this.#now = now
    this.#delivery = delivery
  }

  /** Notes what happens. */
  note(text: string): void {
    this.trace.add(this.#now(), text)
  }

  /** Notes that an invariant of delivery does not hold. */
  violated(invariant: string, what: string): void {
    if (this.#delivery) this.#violated(invariant, what)
  }

  /** Something has gone wrong: what has happened until now is what a report shows. */
  wrong(): void {
    this.#scene ??= this.#lookBack()
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
      if (this.#broken.has(name)) continue
      const held = outcomeOf(holds)
      if (held === true) continue
      this.#broken.add(name)
      this.#violated(name, held)
    }
  }

  /** @throws InvariantError when something did not hold. */
  pronounce(): void {
    if (this.violations.length > 0) throw new InvariantError(this.violations, this.report(this.headline()))
  }

  /** What did not hold, the worst of it first. */
  headline(): string {
    const [first, ...others] = this.violations
    const shown = others.slice(0, shownViolations - 1)
    const more = others.length - shown.length
    return [
      `${first?.invariant} does not hold: ${first?.what}`,
      ...shown.map(({ invariant, what }) => `  also ${invariant}: ${what}`),
      ...(more > 0 ? [`  and ${more} more`] : []),
    ].join('\n')
  }

  /** What a failure says: what is wrong, in which run, and what led to it. */
  report(headline: string, faults: readonly Fault[] = [], needed = ''): string {
    return [
      headline,
      `seed ${this.#seed}, trace ${this.trace.hash}`,
      ...(needed === '' ? [] : [needed, ...faults.map((fault) => `  ${JSON.stringify(fault)}`)]),
      'what led to it:',
      ...(this.#scene ?? this.#lookBack()),
    ].join('\n')
  }

  #lookBack(): readonly string[] {
    const lines = this.trace.lines
    const events = lines.slice(0, -shownLines).filter((line) => event.test(line))
    const before = lines.length > shownLines ? [...events.slice(-shownEvents), '          …'] : []
    return [...before, ...lines.slice(-shownLines)]
  }

  #violated(invariant: string, what: string): void {
    this.note(`VIOLATED ${invariant}: ${what}`)
    this.violations.push({ invariant, what })
    this.wrong()
  }
}

/** An invariant that throws does not hold either: it may be written with `expect`. */
function outcomeOf(holds: () => true | string): true | string {
  try {
    return holds()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
