/** Number of the last lines that are kept. */
const kept = 50_000

/** The events of a run, line by line, and a hash of all lines: the same seed gives the same hash. */
export class Trace {
  readonly #lines: string[] = []
  #hash = 0xcbf29ce484222325n
  #count = 0

  /** Hash of all lines so far, as 16 hexadecimal digits (FNV-1a, 64 bits). */
  get hash(): string {
    return this.#hash.toString(16).padStart(16, '0')
  }

  /** Number of lines so far, with those that are no longer kept. */
  get count(): number {
    return this.#count
  }

  /** Adds a line, with its time in milliseconds. */
  addLine(now: number, text: string): void {
    const line = `${now.toFixed(3).padStart(11)}  ${text}`
    this.#count++
    this.#mix(line)
    this.#lines.push(line)
    if (this.#lines.length > 2 * kept) this.#lines.splice(0, kept)
  }

  /** The latest lines, as far back as they are kept. */
  get lines(): readonly string[] {
    return this.#lines
  }

  /**
   * Returns the first line of each trace that differs, as far as lines are kept; `null` for a trace that has
   * ended.
   */
  firstDifference(other: Trace): { readonly own: string | null; readonly other: string | null } {
    const from = Math.max(this.#count - this.#lines.length, other.#count - other.#lines.length)
    const [mine, theirs] = [this, other].map((trace) => trace.#lines.slice(from - trace.#count))
    const at = (mine ?? []).findIndex((line, index) => line !== theirs?.[index])
    const index = at < 0 ? (mine ?? []).length : at
    return { own: mine?.[index] ?? null, other: theirs?.[index] ?? null }
  }

  #mix(line: string): void {
    let low = 0
    let high = 0
    // Two 32-bit lanes per line, folded into the 64-bit hash once: a BigInt for each character would cost
    // more than the simulation.
    for (let i = 0; i < line.length; i++) {
      low = Math.imul(low ^ line.charCodeAt(i), 0x01000193)
      high = Math.imul(high ^ (line.charCodeAt(i) + i), 0x85ebca6b)
    }
    const word = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
    this.#hash = ((this.#hash ^ word) * 0x100000001b3n) & 0xffffffffffffffffn
  }
}
