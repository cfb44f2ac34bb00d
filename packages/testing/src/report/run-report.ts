import type { Fault } from '../faults/faults.ts'
import { InvariantError, type Violation } from './invariant-error.ts'
import { Trace } from './trace.ts'

/** Limits of a report: the last lines of the trace, the events before those, and violations. */
const shownLines = 16
const shownEvents = 10
const shownViolations = 5
/** Lines that count as events: faults, status changes, gaps, snapshots, restarts. */
const event =
  /^ *[\d.]+ {2}(?!VIOLATED).*(?:fault: | is (?:re)?connect|told of a gap|a snapshot of|starts again|every fault)/

/** The record of a run: its trace, the violations, and the situations that came about. */
export class RunReport {
  readonly trace: Trace = new Trace()
  readonly situations: Set<string> = new Set()
  readonly violations: Violation[] = []
  readonly #seed: number
  readonly #now: () => number
  /** `false`: violations of the built-in invariants are ignored. */
  readonly #builtIn: boolean
  readonly #invariants: { readonly name: string; readonly holds: () => true | string }[] = []
  /** Names of the test's own invariants that did not hold: each is reported once. */
  readonly #broken = new Set<string>()
  /** Lines of the trace that led to the first failure. */
  #excerpt: readonly string[] | null = null

  constructor(seed: number, now: () => number, builtIn: boolean) {
    this.#seed = seed
    this.#now = now
    this.#builtIn = builtIn
  }

  /** Adds a line to the trace. */
  note(text: string): void {
    this.trace.addLine(this.#now(), text)
  }

  /** Adds a violation of a built-in invariant. */
  addViolation(invariant: string, detail: string): void {
    if (this.#builtIn) this.#add(invariant, detail)
  }

  /** Keeps the latest lines of the trace for the message of the error. Later calls have no effect. */
  keepExcerpt(): void {
    this.#excerpt ??= this.#latestLines()
  }

  /** Notes that a situation came about. */
  addSituation(situation: string): void {
    this.situations.add(situation)
  }

  /** Adds an invariant of the test's own. */
  addInvariant(name: string, holds: () => true | string): void {
    this.#invariants.push({ name, holds })
  }

  /** Checks the invariants of the test's own. */
  checkInvariants(): void {
    for (const { name, holds } of this.#invariants) {
      if (this.#broken.has(name)) continue
      const held = outcomeOf(holds)
      if (held === true) continue
      this.#broken.add(name)
      this.#add(name, held)
    }
  }

  /** @throws InvariantError when there is a violation. */
  throwViolations(): void {
    if (this.violations.length > 0) throw new InvariantError(this.violations, this.format(this.summary()))
  }

  /** Returns a line for each of the first violations. */
  summary(): string {
    const [first, ...rest] = this.violations
    const shown = rest.slice(0, shownViolations - 1)
    const more = rest.length - shown.length
    return [
      `${first?.invariant} does not hold: ${first?.detail}`,
      ...shown.map(({ invariant, detail }) => `  also ${invariant}: ${detail}`),
      ...(more > 0 ? [`  and ${more} more`] : []),
    ].join('\n')
  }

  /**
   * Returns the text of a failure: the headline, the seed, the faults, and the lines of the trace that led to
   * it.
   */
  format(headline: string, faults: readonly Fault[] = [], needed = ''): string {
    return [
      headline,
      `seed ${this.#seed}, trace ${this.trace.hash}`,
      ...(needed === '' ? [] : [needed, ...faults.map((fault) => `  ${JSON.stringify(fault)}`)]),
      'what led to it:',
      ...(this.#excerpt ?? this.#latestLines()),
    ].join('\n')
  }

  #latestLines(): readonly string[] {
    const lines = this.trace.lines
    const events = lines.slice(0, -shownLines).filter((line) => event.test(line))
    const before = lines.length > shownLines ? [...events.slice(-shownEvents), '          …'] : []
    return [...before, ...lines.slice(-shownLines)]
  }

  #add(invariant: string, detail: string): void {
    this.note(`VIOLATED ${invariant}: ${detail}`)
    this.violations.push({ invariant, detail })
    this.keepExcerpt()
  }
}

/** Returns the answer of an invariant. An invariant that throws does not hold, so it may use `expect`. */
function outcomeOf(holds: () => true | string): true | string {
  try {
    return holds()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
