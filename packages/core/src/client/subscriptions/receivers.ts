import type { Position } from '../../vocabulary/position.ts'
import type { Gap } from '../types.ts'
import type { AddressEvent, Receiver } from './receiver.ts'

/** Event, with the position before it. */
type WaitingEvent = readonly [event: AddressEvent, from: Position | null]

/** Number of events after which the log is read no further, while all receivers of an address wait. */
const enough = 100

/** Maximum number of events that wait for one receiver while the log is read for others. */
const most = 1_000

/**
 * Receivers of an address, each with the events that wait until it listens. While others listen, the oldest of more
 * than 1 000 events become a gap.
 */
export class Receivers extends Map<Receiver, WaitingEvent[]> {
  /** Position before the first event, while all receivers wait: `null` for none. Otherwise `undefined`. */
  get from(): Position | null | undefined {
    return this.#common[0]?.[1]
  }

  /** `true` when all receivers wait, and no more events can. */
  get full(): boolean {
    return this.#common.length >= enough
  }

  /** Hands an event to each receiver, or keeps it until the receiver listens. */
  hand(event: AddressEvent, from: Position | null): void {
    for (const [receiver, waiting] of [...this])
      if (waiting.length === 0 && receiver.hears(event[0])) receiver.receive(...event)
      else add(waiting, [event, from])
  }

  /** Hands over the events that wait for a receiver, as far as it listens to them. */
  release(receiver: Receiver): void {
    const waiting = this.get(receiver) ?? []
    for (let [first] = waiting; first !== undefined && receiver.hears(first[0][0]); [first] = waiting) {
      waiting.shift()
      receiver.receive(...first[0])
    }
  }

  /** Events of the receiver that waits longest, while all receivers wait. */
  get #common(): readonly WaitingEvent[] {
    let longest: readonly WaitingEvent[] = []
    for (const waiting of this.values()) {
      if (waiting.length === 0) return waiting
      if (waiting.length > longest.length) longest = waiting
    }
    return longest
  }
}

/** Adds an event. When there are too many, a gap takes the place of the two oldest. */
function add(waiting: WaitingEvent[], event: WaitingEvent): void {
  waiting.push(event)
  const [first, , third] = waiting
  if (waiting.length <= most || first === undefined || third === undefined) return
  const [[, { address }], from] = first
  // The position before the third is that of the second.
  const gap: Gap = { address, reason: 'limit', from, to: third[1] as Position }
  waiting.splice(0, 2, [['gap', gap], from])
}
