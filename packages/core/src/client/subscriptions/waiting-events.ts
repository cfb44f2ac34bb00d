import type { Message } from '../../vocabulary/message.ts'
import type { Position } from '../../vocabulary/position.ts'
import type { SnapshotEvent } from '../snapshot.ts'
import type { Gap } from '../types.ts'
import type { EventKind, Receiver } from './receiver.ts'

/** Event, with the position before it. */
type WaitingEvent = readonly [kind: EventKind, event: Message | Gap | SnapshotEvent, from: Position | null]

/** Number of events after which the log is read no further, while all receivers of an address wait. */
const enough = 100

/** Maximum number of events that wait for one receiver while the log is read for others. */
const most = 1_000

/**
 * Events of an address for receivers that do not listen yet. While others listen, the oldest of more than 1 000
 * events become a gap.
 */
export class WaitingEvents {
  readonly #receivers: ReadonlySet<Receiver>
  /** Events by receiver, in the order in which the receivers began to wait. */
  readonly #waiting = new Map<Receiver, WaitingEvent[]>()

  /** `receivers` are those of the address. */
  constructor(receivers: ReadonlySet<Receiver>) {
    this.#receivers = receivers
  }

  /** Position before the first event, while all receivers wait: `null` for none. Otherwise `undefined`. */
  get from(): Position | null | undefined {
    return this.#common[0]?.[2]
  }

  /** `true` when all receivers wait, and no more events can. */
  get full(): boolean {
    return this.#common.length >= enough
  }

  /** Returns `true` when events wait for a receiver. */
  has(receiver: Receiver): boolean {
    return this.#waiting.has(receiver)
  }

  /** Hands an event to each receiver, or keeps it until the receiver listens. */
  hand(...event: WaitingEvent): void {
    for (const receiver of [...this.#receivers]) {
      const waiting = this.#waiting.get(receiver)
      if (waiting !== undefined) add(waiting, event)
      else if (receiver.hears(event[0])) handOver(receiver, event)
      else this.#waiting.set(receiver, [event])
    }
  }

  /** Hands over the events that wait for a receiver, as far as it listens to them. */
  release(receiver: Receiver): void {
    const waiting = this.#waiting.get(receiver) ?? []
    for (let [first] = waiting; first !== undefined; [first] = waiting) {
      if (!receiver.hears(first[0])) return
      waiting.shift()
      handOver(receiver, first)
    }
    this.forget(receiver)
  }

  /** Drops the events of a receiver. */
  forget(receiver: Receiver): void {
    this.#waiting.delete(receiver)
  }

  /** Events of the receiver that waits longest, while all receivers wait. */
  get #common(): readonly WaitingEvent[] {
    const [first = []] = this.#waiting.values()
    return this.#waiting.size < this.#receivers.size ? [] : first
  }
}

const handOver = (receiver: Receiver, [kind, event]: WaitingEvent): void => receiver[kind](event as never)

/** Adds an event. When there are too many, a gap takes the place of the two oldest. */
function add(waiting: WaitingEvent[], event: WaitingEvent): void {
  waiting.push(event)
  if (waiting.length <= most) return
  const [first = event, second = event] = waiting.splice(0, 2)
  const { address, ...last } = second[1]
  const to = 'to' in last ? last.to : last.position
  const gap: Gap = { address, reason: 'limit', from: first[2], to }
  waiting.unshift(['gap', gap, first[2]])
}
