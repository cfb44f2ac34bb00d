import type { Message, MessageCursor, MessageGap, Position } from '@chat/core'

/** Item of a loop over the log of an address. */
type Item = Message | MessageGap

const isGap = (item: Item): item is MessageGap => 'reason' in item

/** Ids of the messages of a log that any client has seen, by epoch and offset. */
export type KnownLog = ReadonlyMap<string, ReadonlyMap<number, string>>

/** Adds messages to those that were seen. */
export function learn(known: Map<string, Map<number, string>>, messages: readonly Message[]): void {
  for (const { position, id } of messages) {
    const [epoch, at] = position
    const entries = known.get(epoch) ?? new Map<number, string>()
    known.set(epoch, entries.set(at, id))
  }
}

/** Loop over a cursor that takes items only when it may. */
export class SlowLoop {
  readonly name: string
  readonly cursor: MessageCursor
  readonly items: Item[] = []
  /** Error of the loop; `null` while it runs. */
  error: unknown = null
  readonly #since: Position | null
  #allowed = 0
  #go: () => void = () => {}

  /** `since` is the position behind which the cursor begins; `null` when it is not known. */
  constructor(name: string, cursor: MessageCursor, since: Position | null = null) {
    this.name = name
    this.cursor = cursor
    this.#since = since
    this.#run().catch((error: unknown) => {
      this.error = error
    })
  }

  /** Messages of the loop so far. */
  get messages(): Message[] {
    return this.items.filter((item) => !isGap(item)) as Message[]
  }

  /** Gaps of the loop so far. */
  get gaps(): MessageGap[] {
    return this.items.filter(isGap)
  }

  /** Lets the loop take further items. */
  allow(count: number): void {
    this.#allowed += count
    this.#go()
  }

  /** Returns a fault of the loop so far, or `null`. */
  fault(known: KnownLog): string | null {
    const wrong = faultOf(this.items, known, this.#since) ?? this.error
    return wrong === null ? null : `${this.name}: ${wrong}`
  }

  async #run(): Promise<void> {
    await this.#permission()
    for await (const item of this.cursor) {
      this.items.push(item)
      await this.#permission()
    }
  }

  async #permission(): Promise<void> {
    while (this.#allowed < 1)
      await new Promise<void>((resolve) => {
        this.#go = resolve
      })
    this.#allowed--
  }
}

/**
 * Returns a fault of the order of items, or `null`: each message is behind the item before it, no known message is
 * between them, and only a gap leads to another epoch. `since` is the place before the first item.
 */
export function faultOf(
  items: readonly Item[],
  known: KnownLog,
  since: Position | null = null,
): string | null {
  let place = since
  for (const item of items) {
    const wrong =
      place === null ? null : isGap(item) ? afterGap(item, place) : afterMessage(item, place, known)
    if (wrong !== null) return wrong
    place = isGap(item) ? item.to : item.position
  }
  return null
}

function afterGap({ from, to, reason }: MessageGap, place: Position): string | null {
  if (from[0] !== place[0] || from[1] !== place[1])
    return `a gap behind ${from}, where the loop is at ${place}`
  return reason === 'trimmed' && to[1] <= from[1] ? `a gap from ${from} to ${to}` : null
}

function afterMessage({ position }: Message, [epoch, last]: Position, known: KnownLog): string | null {
  const [now, at] = position
  if (now !== epoch || at <= last) return `${position} is behind ${epoch} ${last}`
  const entries = known.get(epoch)
  for (let between = last + 1; between < at; between++)
    if (entries?.has(between) === true) return `${between} is missing before ${position}`
  return null
}
