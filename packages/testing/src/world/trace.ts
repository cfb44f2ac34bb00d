/** How many of the last lines are kept. */
const kept = 50_000

/**
 * What has happened in a run, line by line, and a hash of all of it: the same seed gives the same hash.
 */
export class Trace {
  readonly #lines: string[] = []
  #hash = 0xcbf29ce484222325n
  #count = 0

  /** The hash of everything so far, as 16 hexadecimal digits (FNV-1a, 64 bits). */
  get hash(): string {
    return this.#hash.toString(16).padStart(16, '0')
  }

  /** How many lines there were. */
  get count(): number {
    return this.#count
  }

  /** Notes something that happened at a time. */
  add(now: number, text: string): void {
    const line = `${now.toFixed(3).padStart(11)}  ${text}`
    this.#count++
    this.#mix(line)
    this.#lines.push(line)
    if (this.#lines.length > 2 * kept) this.#lines.splice(0, kept)
  }

  /** The lines, as far back as they are kept. */
  get lines(): readonly string[] {
    return this.#lines
  }

  /** The first lines in which another trace is different, as far as they are kept; `null` where one has ended. */
  parting(other: Trace): { readonly one: string | null; readonly other: string | null } {
    const from = Math.max(this.#count - this.#lines.length, other.#count - other.#lines.length)
    const [mine, theirs] = [this, other].map((trace) => trace.#lines.slice(from - trace.#count))
    const at = (mine ?? []).findIndex((line, index) => line !== theirs?.[index])
    const index = at < 0 ? (mine ?? []).length : at
    return { one: mine?.[index] ?? null, other: theirs?.[index] ?? null }
  }

  #mix(line: string): void {
    let low = 0
    let high = 0
    // Two 32-bit lanes a line, folded into the 64-bit hash once: BigInt for each character would cost more than the simulation.
    for (let i = 0; i < line.length; i++) {
      low = Math.imul(low ^ line.charCodeAt(i), 0x01000193)
      high = Math.imul(high ^ (line.charCodeAt(i) + i), 0x85ebca6b)
    }
    const word = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
    this.#hash = ((this.#hash ^ word) * 0x100000001b3n) & 0xffffffffffffffffn
  }
}
