import { unitBytes } from '../../protocol/limits.ts'
import type { Runtime, Undo } from '../../runtime/runtime.ts'
import type { ReplayPayer } from '../delivery/reader.ts'
import type { RateLimiter } from './rate-limiter.ts'

/** Parts of a {@link CatchUp}. */
export interface CatchUpParts {
  readonly runtime: Runtime
  /** The units of all payers. */
  readonly rates: RateLimiter
  /** The payer of the session. */
  readonly payer: string
}

/**
 * The work with which one session catches up, paid in units (P-LV-7). Replays wait while the payer owes units
 * for earlier work.
 */
export class CatchUp implements ReplayPayer {
  readonly #parts: CatchUpParts
  #waiting: (() => void)[] = []
  #timer: Undo | null = null

  constructor(parts: CatchUpParts) {
    this.#parts = parts
  }

  /** Takes units and returns 0; while the payer owes units, returns the time to wait in milliseconds. */
  takeUnits(units: number): number {
    const { rates, payer, runtime } = this.#parts
    const now = runtime.now()
    const wait = rates.waitForToken(payer, now)
    if (wait === 0) rates.charge(payer, units, now)
    return wait
  }

  mayReplay(later: () => void): boolean {
    const { rates, payer, runtime } = this.#parts
    const wait = this.#timer === null ? rates.waitForToken(payer, runtime.now()) : 0
    if (wait === 0 && this.#timer === null) return true
    this.#waiting.push(later)
    this.#timer ??= runtime.timer(wait, () => this.#goOn())
    return false
  }

  chargeReplay(bytes: number): void {
    const { rates, payer, runtime } = this.#parts
    rates.charge(payer, bytes / unitBytes, runtime.now())
  }

  /** Called when the connection has ended: no replay goes on. */
  end(): void {
    this.#timer?.()
    this.#timer = null
    this.#waiting = []
  }

  /** Lets the replays go on in their order: the first of them may leave nothing for the others. */
  #goOn(): void {
    const waiting = this.#waiting
    this.#waiting = []
    this.#timer = null
    for (const later of waiting) later()
  }
}
