import { otherInflight } from '../../protocol/limits.ts'

/**
 * The kind of an operation, which has its own window: `send` and `call`, or the other operations (P-PB-6).
 */
export type WindowKind = 'publishing' | 'other'

/**
 * The refs of one session on one connection, and its unanswered operations. It decides which operations may
 * be repetitions, and which are too many.
 */
export class OperationWindow {
  readonly #inflight: number
  /** The greatest ref on this connection. A ref that is not above it is a repetition. */
  #connectionRef = 0
  /** The greatest ref of the session, on any connection. */
  #lastRef: number
  /**
   * The greatest ref when this connection resumed the session. Refs up to it may have been written on an
   * older connection.
   */
  readonly #resumedRef: number
  /**
   * Sends of a resumed session that are looked up although their refs look new: a hub that crashed may not
   * have stored the last refs.
   */
  #lookups: number
  /** Repetitions after a resume that do not count toward the rate (P-LV-3). */
  #freeRepetitions: number
  #publishing = 0
  #others = 0

  /**
   * @param inflight - Sends and calls that may be unanswered at a time.
   * @param lastRef - The greatest ref that the session is known to have used.
   * @param resumed - True when this connection resumes the session.
   */
  constructor(inflight: number, lastRef: number, resumed: boolean) {
    this.#inflight = inflight
    this.#lastRef = lastRef
    this.#resumedRef = lastRef
    this.#freeRepetitions = resumed ? inflight + otherInflight : 0
    this.#lookups = this.#freeRepetitions
  }

  /** The greatest ref that the session is known to have used. */
  get lastRef(): number {
    return this.#lastRef
  }

  /** Tells whether a ref is above all refs before it on this connection. */
  isFirst(ref: number): boolean {
    return ref > this.#connectionRef
  }

  /** True when every operation is answered. */
  get idle(): boolean {
    return this.#publishing + this.#others === 0
  }

  /**
   * Tells whether a ref may have been written before, on this connection or an older one. A resumed session
   * has a bounded number of such lookups.
   */
  mayRepeat(ref: number): boolean {
    return !this.isFirst(ref) || ref <= this.#resumedRef || this.#lookups-- > 0
  }

  /**
   * Uses up a repetition that does not count toward the rate; returns false when there is none for this ref.
   */
  takeFreeRepetition(ref: number): boolean {
    if (ref > this.#resumedRef || this.#freeRepetitions <= 0) return false
    this.#freeRepetitions--
    return true
  }

  /** Notes a ref as written, whatever the outcome of its operation. */
  noteRef(ref: number): void {
    this.#connectionRef = Math.max(this.#connectionRef, ref)
    this.#lastRef = Math.max(this.#lastRef, ref)
  }

  /** Counts an operation that begins; returns false when too many of its kind are unanswered. */
  begin(kind: WindowKind): boolean {
    const open = kind === 'publishing' ? this.#publishing : this.#others
    if (open >= (kind === 'publishing' ? this.#inflight : otherInflight)) return false
    this.#count(kind, 1)
    return true
  }

  /** Counts an operation that was answered. */
  end(kind: WindowKind): void {
    this.#count(kind, -1)
  }

  #count(kind: WindowKind, by: 1 | -1): void {
    if (kind === 'publishing') this.#publishing += by
    else this.#others += by
  }
}
