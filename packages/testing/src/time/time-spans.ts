/** Spans of time in which a condition held, such as an outage. */
export class TimeSpans {
  readonly #spans: { readonly from: number; to: number }[] = []

  /** Begins a span, in milliseconds; call the returned function with the end. */
  beginSpan(from: number): (to: number) => void {
    const span = { from, to: Number.POSITIVE_INFINITY }
    this.#spans.push(span)
    return (to) => {
      span.to = to
    }
  }

  /** Returns `true` when the condition held at any time between `from` and `to`. */
  overlaps(from: number, to: number): boolean {
    return this.#spans.some((span) => span.from <= to && span.to >= from)
  }
}
