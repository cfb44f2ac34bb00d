/**
 * Spans of time in which something was so.
 *
 * @internal
 */
export class Spans {
  readonly #spans: { readonly from: number; to: number }[] = []

  /** Begins a span; what it returns ends it. */
  begin(from: number): (to: number) => void {
    const span = { from, to: Number.POSITIVE_INFINITY }
    this.#spans.push(span)
    return (to) => {
      span.to = to
    }
  }

  /** Whether it was so at any time in between. */
  touch(from: number, to: number): boolean {
    return this.#spans.some((span) => span.from <= to && span.to >= from)
  }
}
