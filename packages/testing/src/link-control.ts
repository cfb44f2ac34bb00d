import type { Direction, MemoryLink, Runtime } from '@chat/core'
import { type Duration, milliseconds } from './duration.ts'
import type { WorldLink } from './world.ts'

/**
 * A link with faults that end by themselves.
 *
 * @internal
 */
export class LinkControl implements WorldLink {
  readonly #link: MemoryLink
  readonly #runtime: Runtime
  readonly #note: (text: string) => void
  #generation = 0

  constructor(link: MemoryLink, runtime: Runtime, note: (text: string) => void) {
    this.#link = link
    this.#runtime = runtime
    this.#note = note
  }

  cut(duration?: Duration): void {
    this.#note(`fault: cut${lasting(duration)}`)
    this.#link.cut()
    this.#later(duration, () => this.#link.refuse(false))
  }

  stall(duration?: Duration, direction: Direction | 'both' = 'both'): void {
    this.#note(`fault: stall (${direction})${lasting(duration)}`)
    const directions: readonly Direction[] = direction === 'both' ? ['up', 'down'] : [direction]
    for (const one of directions) this.#link.hold(one)
    this.#later(duration, () => {
      for (const one of directions) this.#link.release(one)
    })
  }

  reset(
    seen: { readonly client: Duration | null; readonly hub: Duration | null } = { client: 0, hub: 0 },
  ): void {
    this.#note(`fault: reset, seen by the client ${when(seen.client)}, by the hub ${when(seen.hub)}`)
    const delay = (duration: Duration | null): number | null =>
      duration === null ? null : milliseconds(duration)
    this.#link.reset({ client: delay(seen.client), hub: delay(seen.hub) })
  }

  refuse(duration?: Duration): void {
    this.#note(`fault: refuses${lasting(duration)}`)
    this.#link.refuse(true)
    this.#later(duration, () => this.#link.refuse(false))
  }

  limit(bytesPerSecond: number, duration?: Duration): void {
    this.#note(`fault: ${bytesPerSecond} bytes a second${lasting(duration)}`)
    this.#link.limit(bytesPerSecond)
    this.#later(duration, () => this.#link.limit(Number.POSITIVE_INFINITY))
  }

  restore(): void {
    this.#generation++
    this.#link.limit(Number.POSITIVE_INFINITY)
    this.#link.restore()
  }

  #later(duration: Duration | undefined, heal: () => void): void {
    if (duration === undefined) return
    const generation = this.#generation
    this.#runtime.timer(milliseconds(duration), () => {
      if (generation === this.#generation) heal()
    })
  }
}

const lasting = (duration: Duration | undefined): string => (duration === undefined ? '' : ` for ${duration}`)
const when = (duration: Duration | null): string => (duration === null ? 'never' : `after ${duration}`)
