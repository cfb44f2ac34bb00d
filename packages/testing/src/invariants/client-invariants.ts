import type { Delivery, Gap, Position, SnapshotEvent } from '@chat/core'
import { isOfStream, type LoggedMessage, type LogHistory } from './log-history.ts'

/** Position at which the next message must follow: behind a message, or anywhere. */
type Expected = { readonly after: LoggedMessage | null } | 'anything'

interface Reading {
  expected: Expected
  /** Messages received since the last gap. */
  run: LoggedMessage[]
  readonly delivered: Set<string>
}

/** Invariants I1, I2 and I7 of the messages that a client receives. */
export class ClientInvariants {
  readonly #name: string
  readonly #history: LogHistory
  readonly #violated: (invariant: string, detail: string) => void
  readonly #readings = new Map<string, Reading>()

  constructor(name: string, history: LogHistory, violated: (invariant: string, detail: string) => void) {
    this.#name = name
    this.#history = history
    this.#violated = violated
  }

  /** Notes that the client starts to receive an address, where any message may be the first. */
  startAddress(address: string): void {
    this.#continue(address, 'anything')
  }

  /** Checks a message: consecutive entries of the log (I1), each once (I2), as the log has them (I7). */
  messageDelivered(message: Delivery): void {
    if (!message.durable) return
    const { address, id, position, time } = message
    const [, at] = position
    const meta = message.meta === null ? null : JSON.stringify(message.meta)
    const reading = this.#reading(address)
    const logged = this.#history.findMessage(address, at, id)
    const delivery = `${this.#name} received ${id} at ${at} of ${address}`
    if (logged === null) return this.#violated('I7', `${delivery}, which the log never had there`)
    if (!this.#history.hasStored(address, { at, id, time, meta }))
      this.#violated('I7', `${delivery} with the time ${time} and the meta ${meta}, which the log never had`)
    // A client that joins anew with `last` begins with messages that it may have had before.
    if (reading.delivered.has(id) && message.history !== true)
      this.#violated('I2', `${delivery} for the second time`)
    if (reading.expected !== 'anything')
      this.#checkOrder(delivery, logged.before, reading.expected.after, reading)
    reading.delivered.add(id)
    reading.expected = { after: logged }
    reading.run.push(logged)
  }

  /** Notes a gap: the messages behind it follow. */
  gapReported({ address, to }: Gap): void {
    this.#continue(address, this.#behind(address, to))
  }

  /**
   * Checks, after the time for recovery, that the messages since the last gap are those of the log (I7). Only
   * addresses that the client still receives count.
   */
  checkSettled(addresses: readonly string[]): void {
    for (const address of addresses) {
      const { run } = this.#reading(address)
      const [oldest] = run
      if (oldest === undefined) continue
      const kept = this.#history.idsFrom(address, oldest.at)
      const wrong = run.find(({ at, id }) => kept.get(at) !== id)
      if (wrong !== undefined)
        this.#violated(
          'I7',
          `${this.#name} received ${show(wrong)} of ${address}, where the log has ${kept.get(wrong.at) ?? 'no entry'}, and was told of no gap`,
        )
    }
  }

  #continue(address: string, expected: Expected): void {
    const reading = this.#reading(address)
    reading.expected = expected
    reading.run = []
  }

  /** Notes a snapshot: the messages behind its position follow, also those that were received before. */
  snapshotTaken({ address, position }: SnapshotEvent): void {
    this.#continue(address, this.#behind(address, position))
    this.#reading(address).delivered.clear()
  }

  /**
   * Between the expected message and the message before may only be messages that were received before:
   * repetitions stored again after a rollback; and messages of streams, which go to their readers.
   */
  #checkOrder(
    delivery: string,
    before: LoggedMessage | null,
    expected: LoggedMessage | null,
    { delivered }: Reading,
  ): void {
    let link = before
    while (link !== null && !same(link, expected) && (delivered.has(link.id) || isOfStream(link)))
      link = link.before
    if (!same(link, expected))
      this.#violated('I1', `${delivery}, but ${show(link)} is before it, behind ${show(expected)}`)
  }

  #behind(address: string, [, at, id]: Position): Expected {
    if (at === 0 || id === null) return { after: null }
    const after = this.#history.findMessage(address, at, id)
    if (after !== null) return { after }
    this.#violated(
      'I7',
      `${this.#name} was told to go on behind ${id} at ${at} of ${address}, which the log never had`,
    )
    return 'anything'
  }

  #reading(address: string): Reading {
    let reading = this.#readings.get(address)
    if (reading === undefined) {
      reading = { expected: 'anything', run: [], delivered: new Set() }
      this.#readings.set(address, reading)
    }
    return reading
  }
}

/** A message that the log stored again at its offset from before a rollback counts as the same message. */
const same = (a: LoggedMessage | null, b: LoggedMessage | null): boolean => a?.id === b?.id && a?.at === b?.at

const show = (message: LoggedMessage | null): string =>
  message === null ? 'none' : `${message.id} at ${message.at}`
