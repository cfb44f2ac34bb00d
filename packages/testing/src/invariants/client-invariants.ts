import type { Gap, Message, Position, SnapshotEvent } from '@chat/core'
import type { LoggedMessage, LogHistory } from './log-history.ts'

/** Where a client must go on: right behind a message, or anywhere. */
type Expected = { readonly after: LoggedMessage | null } | 'anything'

interface Reading {
  expected: Expected
  /** What was handed over since the last gap. */
  run: LoggedMessage[]
  readonly delivered: Set<string>
}

/** What a client's view of its streams must be; notes what is not. */
export class ClientInvariants {
  readonly #name: string
  readonly #history: LogHistory
  readonly #violated: (invariant: string, what: string) => void
  readonly #readings = new Map<string, Reading>()

  /** @internal */
  constructor(name: string, history: LogHistory, violated: (invariant: string, what: string) => void) {
    this.#name = name
    this.#history = history
    this.#violated = violated
  }

  /** The client has started to receive an address: the first message may be any. */
  start(address: string): void {
    this.#continue(address, 'anything')
  }

  /** I1: consecutive entries of the log, I2: once, I7: as the log has them. */
  message({ address, id, at, durable }: Message): void {
    if (!durable) return
    const reading = this.#reading(address)
    const logged = this.#history.find(address, at, id)
    const what = `${this.#name} was handed ${id} at ${at} of ${address}`
    if (logged === null) return this.#violated('I7', `${what}, which the log never had there`)
    if (reading.delivered.has(id)) this.#violated('I2', `${what} for the second time`)
    if (reading.expected !== 'anything')
      this.#checkOrder(what, logged.before, reading.expected.after, reading)
    reading.delivered.add(id)
    reading.expected = { after: logged }
    reading.run.push(logged)
  }

  gap({ address, to }: Gap): void {
    this.#continue(address, this.#behind(address, to))
  }

  /** I7: when everything has settled, what was handed over since the last gap is what the log has there. Whoever has left an address is told nothing more of it. */
  settled(addresses: readonly string[]): void {
    for (const address of addresses) {
      const { run } = this.#reading(address)
      const [oldest] = run
      if (oldest === undefined) continue
      const kept = this.#history.kept(address, oldest.at)
      const wrong = run.find(({ at, id }) => kept.get(at) !== id)
      if (wrong !== undefined)
        this.#violated(
          'I7',
          `${this.#name} was handed ${show(wrong)} of ${address}, where the log has ${kept.get(wrong.at) ?? 'nothing'}, and was not told`,
        )
    }
  }

  #continue(address: string, expected: Expected): void {
    const reading = this.#reading(address)
    reading.expected = expected
    reading.run = []
  }

  /** The application has started anew: what is behind that place comes, whatever was handed over before. */
  snapshot({ address, position }: SnapshotEvent): void {
    this.#continue(address, this.#behind(address, position))
    this.#reading(address).delivered.clear()
  }

  /** What lies in between may only be what was handed over before: a repetition that the log has taken again after a rollback. */
  #checkOrder(
    what: string,
    before: LoggedMessage | null,
    expected: LoggedMessage | null,
    { delivered }: Reading,
  ): void {
    let link = before
    while (link !== null && !same(link, expected) && delivered.has(link.id)) link = link.before
    if (!same(link, expected))
      this.#violated('I1', `${what}, but ${show(link)} is before it, behind ${show(expected)}`)
  }

  #behind(address: string, [, at, id]: Position): Expected {
    if (at === 0 || id === null) return { after: null }
    const after = this.#history.find(address, at, id)
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

/** A message that the log took again at the place it had before a rollback is the same one. */
const same = (a: LoggedMessage | null, b: LoggedMessage | null): boolean => a?.id === b?.id && a?.at === b?.at

const show = (message: LoggedMessage | null): string =>
  message === null ? 'none' : `${message.id} at ${message.at}`
