import type { Runtime } from '@chat/core'
import type { Direction, MemoryLink } from '@chat/core/memory'
import { checkOptionsWithHint } from '@chat/core/transport'
import { checkChoice, checkNumber, rates } from '../check-arguments.ts'
import { type Duration, milliseconds, readable } from '../time/duration.ts'
import type { WorldLink } from './world-link.ts'

/** A breach of the protocol by a hub: every n-th message is left out, or sent twice. */
export interface Misdelivery {
  readonly kind: 'omission' | 'repetition'
  /** Distance between two affected messages: 3 is every third message. */
  readonly every: number
}

const resetOptionNames = { client: true, hub: true } as const

/** A network link whose faults end by themselves after their duration. */
export class LinkControl implements WorldLink {
  readonly #link: MemoryLink
  readonly #runtime: Runtime
  readonly #note: (text: string) => void
  #generation = 0
  #misdelivery: Misdelivery | null = null
  #messages = 0

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
    checkChoice('stall the link', 'direction', direction, ['up', 'down', 'both'])
    this.#note(`fault: stall (${direction})${lasting(duration)}`)
    const directions: readonly Direction[] = direction === 'both' ? ['up', 'down'] : [direction]
    for (const each of directions) this.#link.hold(each)
    this.#later(duration, () => {
      for (const each of directions) this.#link.release(each)
    })
  }

  reset(
    seen: { readonly client: Duration | null; readonly hub: Duration | null } = { client: 0, hub: 0 },
  ): void {
    checkOptionsWithHint('reset the link', seen, resetOptionNames)
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
    checkNumber('limit the link', 'bytesPerSecond', bytesPerSecond, rates)
    this.#note(`fault: ${bytesPerSecond} bytes a second${lasting(duration)}`)
    this.#link.limit(bytesPerSecond)
    this.#later(duration, () => this.#link.limit(Number.POSITIVE_INFINITY))
  }

  /** Makes the hub at the other end break the protocol for a while. */
  misdeliver(misdelivery: Misdelivery, duration: Duration): void {
    const { kind, every } = misdelivery
    this.#note(`fault: ${kind} of every ${every}. message${lasting(duration)}`)
    this.#misdelivery = misdelivery
    this.#later(duration, () => {
      this.#misdelivery = null
    })
  }

  /** Returns the part of a transmission that reaches the client; `null` when no frame of it does. */
  filterTransmission(transmission: string | Uint8Array): string | Uint8Array | null {
    if (this.#misdelivery === null || typeof transmission !== 'string') return transmission
    const { kind, every } = this.#misdelivery
    const lines = transmission.split('\n').flatMap((line) => {
      if (!line.startsWith('["msg",') || ++this.#messages % every !== 0) return [line]
      return kind === 'omission' ? [] : [line, line]
    })
    return lines.length === 0 ? null : lines.join('\n')
  }

  restore(): void {
    this.#generation++
    this.#misdelivery = null
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

const lasting = (duration: Duration | undefined): string =>
  duration === undefined ? '' : ` for ${readable(duration)}`
const when = (duration: Duration | null): string =>
  duration === null ? 'never' : `after ${readable(duration)}`
