import type { Position, Undo } from '@chat/core'
import type {
  AppendKey,
  AppendResult,
  LogHead,
  LogHint,
  LogPage,
  LogRange,
  NewMessage,
} from '@chat/core/backplane'
import type { Link } from '../connection/link.ts'
import type { JetStream } from '../jetstream/jetstream.ts'
import { isStream, type Names } from '../names.ts'
import type { NatsMessage } from '../nats-client.ts'
import { AddressLog } from './address-log.ts'
import { BrokenChain } from './chain.ts'
import type { LogContext } from './log-context.ts'
import { emptyPage, LogReader } from './log-reader.ts'
import { type LogMessage, type LogState, stateAfter, toOffset } from './log-state.ts'
import { parseMessage } from './message-format.ts'
import { Redaction } from './redaction.ts'

/** The services of {@link NatsLogs}. */
export interface LogServices {
  readonly context: LogContext
  readonly link: Link
  readonly jetstream: JetStream
  readonly names: Names
  /** Maximum age of a message, in milliseconds. */
  readonly age: number
}

/** Milliseconds after its time is up at which an ended stream is removed, for clocks that differ. */
const removalDelay = 1_000

/** Number of logs whose places are asked for at once. */
const headsAtOnce = 64

/** The logs of all addresses, as a node uses them. */
export class NatsLogs {
  readonly #context: LogContext
  readonly #link: Link
  readonly #names: Names
  readonly #reader: LogReader
  readonly #redaction: Redaction
  readonly #age: number
  /** The logs that this node has appended to within the dedupe window. */
  readonly #addresses = new Map<string, AddressLog>()
  #sweeping: Undo | null = null
  /** Cancel the removals of streams that this node has ended. */
  readonly #removals = new Set<Undo>()

  constructor({ context, link, jetstream, names, age }: LogServices) {
    this.#context = context
    this.#link = link
    this.#names = names
    this.#age = age
    this.#reader = new LogReader(context.chain)
    this.#redaction = new Redaction(context, jetstream, names)
  }

  /** Number of logs that this node holds in memory. */
  get size(): number {
    return this.#addresses.size
  }

  append(
    name: string,
    message: NewMessage,
    key: AppendKey,
    expected: Position | null | undefined,
  ): Promise<AppendResult> {
    const appended = this.#address(name).append(message, key, expected)
    const { keep } = message
    if (keep === undefined) return appended
    return appended.then((result) => {
      if (result.outcome === 'stored') this.#removeLater(name, keep)
      return result
    })
  }

  /** Removes a stream that has ended when its time is up: otherwise a look at it does, or its age. */
  #removeLater(name: string, keep: number): void {
    const undo = this.#context.runtime.timer(
      keep + removalDelay,
      () => {
        this.#removals.delete(undo)
        this.#context.lastOf(name).catch(() => {})
      },
      'upkeep',
    )
    this.#removals.add(undo)
  }

  find(name: string, key: AppendKey): Promise<AppendResult | null> {
    return this.#address(name).find(key)
  }

  async read(name: string, range: LogRange): Promise<LogPage> {
    if (isStream(name)) return this.#readStream(name, range)
    const page = await this.#readOnce(name, range)
    if (page !== null) return page
    const { epoch, top } = await this.#context.begin(name)
    return top === 0 ? emptyPage(epoch) : this.read(name, range)
  }

  /** Reads a page of a stream. A stream that is unknown stays unknown. */
  async #readStream(name: string, range: LogRange): Promise<LogPage> {
    const known = await this.#context.lastOf(name)
    const page = known === null ? null : await this.#readOnce(name, range)
    return page ?? emptyPage(this.#context.newEpoch())
  }

  async heads(names: readonly string[]): Promise<LogHead[]> {
    const heads: LogHead[] = []
    for (let start = 0; start < names.length; start += headsAtOnce) {
      const some = names.slice(start, start + headsAtOnce)
      heads.push(...(await Promise.all(some.map((name) => this.#head(name)))))
    }
    return heads
  }

  tail(name: string, listener: (hint: LogHint) => void): Undo {
    return this.#link.listen(this.#names.hints(name), (message) => {
      const read = readHint(message)
      if (read === null) return
      this.#addresses.get(name)?.observe(read)
      for (const hint of toHints(read)) listener(hint)
    })
  }

  async bump(name: string, epoch: string): Promise<void> {
    const fresh = this.#context.newEpoch()
    await this.#context.markWith(name, (state) =>
      state?.epoch === epoch ? { ...state, epoch: fresh } : null,
    )
  }

  redact(name: string, position: Position): Promise<boolean> {
    return this.#redaction.redact(name, position)
  }

  /** Compares with the logs before the next append: the connection was lost. */
  doubt(): void {
    for (const address of this.#addresses.values()) address.doubt()
  }

  /** Forgets all logs: a stream of them was made anew. */
  forget(): void {
    for (const address of this.#addresses.values()) address.forget()
  }

  /** Ends the timers. */
  close(): void {
    for (const undo of this.#removals) undo()
    this.#removals.clear()
    this.#sweeping?.()
    this.#sweeping = null
  }

  async #readOnce(name: string, range: LogRange): Promise<LogPage | null> {
    try {
      return await this.#reader.read(name, range)
    } catch (error) {
      if (!(error instanceof BrokenChain)) throw error
      await this.#context.cut(name)
      return this.#reader.read(name, range)
    }
  }

  /** Writes a marker when the newest message would soon be removed: with it the log would be forgotten. */
  async #head(name: string): Promise<LogHead> {
    if (isStream(name)) return this.#readStream(name, { before: null, limit: 1 })
    const found = await this.#context.chain.last(name)
    if (found === null) return headOf(await this.#context.begin(name))
    if (this.#isOld(found.stored))
      await this.#context.markWith(name, (state, stored) => (this.#isOld(stored) ? state : null))
    return headOf(stateAfter(found.message))
  }

  #isOld(stored: number): boolean {
    return this.#context.clock.now() - stored > this.#age / 2
  }

  #address(name: string): AddressLog {
    const known = this.#addresses.get(name)
    if (known !== undefined) return known
    const address = new AddressLog(this.#context, name)
    this.#addresses.set(name, address)
    this.#sweepLater()
    return address
  }

  #sweepLater(): void {
    const { runtime, keyLifetime } = this.#context
    const sweep = (): void => {
      this.#sweeping = null
      const now = runtime.now()
      for (const [name, address] of this.#addresses)
        if (address.idle && now - address.used > keyLifetime) this.#addresses.delete(name)
      if (this.#addresses.size > 0) this.#sweepLater()
    }
    this.#sweeping ??= runtime.timer(keyLifetime / 4, sweep, 'upkeep')
  }
}

const headOf = ({ epoch, top }: LogState): LogHead => ({ epoch, top })

/** Reads a hint; `null` for a message of another program, because anyone may publish where hints are. */
function readHint({ headers, data }: NatsMessage): LogMessage | null {
  try {
    return parseMessage({ sequence: Number(headers?.get('Nats-Sequence')), data: Buffer.from(data) })
  } catch {
    return null
  }
}

function toHints({ sequence, before, entries }: LogMessage): LogHint[] {
  let prev = before.top
  return entries.map(({ id, event, data, meta, from, time }, index) => {
    const at = toOffset(sequence, index)
    const hint = { epoch: before.epoch, prev, entry: { at, id, event, data, meta, from, time } }
    prev = at
    return hint
  })
}
