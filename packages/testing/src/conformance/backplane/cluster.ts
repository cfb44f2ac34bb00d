import { type MaybePromise, type Position, systemRuntime } from '@chat/core'
import type {
  AppendKey,
  AppendResult,
  Backplane,
  BackplaneCapabilities,
  LogEntry,
  LogHint,
  LogPage,
  LogRange,
  NewMessage,
} from '@chat/core/backplane'
import { ConformanceError, holds } from '../check.ts'
import { Poller } from '../poller.ts'
import type { BackplaneBench, BackplaneHarness, BackplaneStartOptions } from './harness.ts'

/** Parts of an append that a case chooses; the cluster chooses the rest. */
export interface Append extends Partial<AppendKey> {
  readonly event?: string
  /** Value whose JSON text is the data. Default: `null`. */
  readonly data?: unknown
  /** Data as JSON text, in place of `data`. */
  readonly json?: string
  readonly meta?: string | null
  readonly from?: string | null
  readonly id?: string
  /** Time after which the log is forgotten, with the last message of a stream. */
  readonly keep?: number
  /** Position at which the log must end. */
  readonly expected?: Position | null
  /** Node that appends. Default: the first. */
  readonly node?: Backplane
}

/** The answer to an append that was stored, now or before. */
export type Stored = Extract<AppendResult, { outcome: 'stored' | 'duplicate' }>

/** Milliseconds by which the clock of a store and the clock of the suite may differ. */
const clockTolerance = 60_000

/** Two nodes of a cluster for a case, with the means to wait for their answers. */
export class Cluster {
  readonly bench: BackplaneBench
  readonly poller: Poller
  readonly capabilities: BackplaneCapabilities
  /** First node. */
  readonly a: Backplane
  /** Second node, on the same store. */
  readonly b: Backplane
  readonly #started: number
  #ref = 0

  /** Starts the store and two nodes. */
  static async create(
    harness: BackplaneHarness,
    options: Partial<BackplaneStartOptions> = {},
  ): Promise<Cluster> {
    const poller = new Poller(harness)
    const starting = harness.start({ keep: null, age: null, ...options })
    const bench = await poller.awaitOutcome('the store starts', starting)
    const node = (): Promise<Backplane> => poller.awaitOutcome('a node starts', bench.node())
    return new Cluster(harness, bench, await node(), await node())
  }

  private constructor(harness: BackplaneHarness, bench: BackplaneBench, a: Backplane, b: Backplane) {
    this.bench = bench
    this.poller = new Poller(harness)
    this.capabilities = harness.capabilities
    this.a = a
    this.b = b
    this.#started = this.#wallTime()
  }

  /** Resolves or rejects as an operation does; fails the case when the operation does not settle. */
  awaitAnswer<T>(what: string, pending: MaybePromise<T>): Promise<T> {
    return this.poller.awaitOutcome(what, pending)
  }

  /** Appends a message, with a new key unless the case gives a key. */
  append(stream: string, given: Append = {}): Promise<AppendResult> {
    return this.awaitAnswer('an append is answered', this.startAppend(stream, given))
  }

  /**
   * Appends a message that must be stored.
   *
   * @throws ConformanceError for any other outcome.
   */
  async appendNew(stream: string, given: Append = {}): Promise<Stored> {
    const answer = await this.append(stream, given)
    if (answer.outcome !== 'stored')
      throw new ConformanceError(`a new message was answered with ${answer.outcome}`)
    this.checkTime(answer.time)
    return answer
  }

  /** Calls `append` without a wait for the answer. */
  startAppend(stream: string, given: Append = {}): MaybePromise<AppendResult> {
    const { node = this.a, expected } = given
    const key = this.makeKey(given)
    if (expected === undefined) return node.append(stream, messageOf(given), key)
    return node.append(stream, messageOf(given), key, expected)
  }

  /**
   * Appends messages of one session as a hub does that does not wait for answers: each names the message
   * before it, and is repeated in order when it came early. Each must be stored.
   */
  async appendInOrder(stream: string, messages: readonly Append[]): Promise<Stored[]> {
    const keyed = messages.map((message, n): Append => {
      const ref = n + 1
      return { ref, window: messages.length, ...(n === 0 ? {} : { previousRef: ref - 1 }), ...message }
    })
    const pending = keyed.map((message) => this.startAppend(stream, message))
    const stored: Stored[] = []
    for (const [n, answer] of pending.entries()) {
      const first = await this.awaitAnswer('an append is answered', answer)
      const last = first.outcome === 'early' ? await this.append(stream, keyed[n]) : first
      if (last.outcome !== 'stored')
        throw new ConformanceError(`message ${n + 1} was answered ${last.outcome}`)
      stored.push(last)
    }
    return stored
  }

  /**
   * Appends to a log that keeps few messages, until an offset is no longer kept, and returns the messages. A
   * store may remove messages some hundreds at once.
   */
  async trimBehind(stream: string, at: number): Promise<Stored[]> {
    const stored: Stored[] = []
    for (const lot of upTo(20)) {
      const session = `lot${lot}`
      const messages = upTo(50).map((n) => ({ session, data: n, id: `${session}.${n}` }))
      stored.push(...(await this.appendInOrder(stream, messages)))
      if ((await this.read(stream, { after: 0, limit: 1 })).base >= at) return stored
    }
    throw new ConformanceError(
      `${stored.length} messages were written, of which few are to be kept, and none has gone`,
    )
  }

  /**
   * Returns the key of an append. The ref is new unless the case gives a ref; the other parts default to
   * constants.
   */
  makeKey(given: Append = {}): AppendKey {
    const { user = 'alice', session = 'session1', window = 16, by = 'node1', hash, previousRef } = given
    this.#ref = given.ref ?? this.#ref + 1
    const key = { user, session, window, by, ref: this.#ref, hash: hash ?? hashOf(given) }
    return previousRef === undefined ? key : { ...key, previousRef }
  }

  /** Reads a page of a log. Default: the first 1000 messages, on the second node. */
  read(
    stream: string,
    range: LogRange = { after: 0, limit: 1_000 },
    node: Backplane = this.b,
  ): Promise<LogPage> {
    return this.awaitAnswer('a read is answered', node.read(stream, range))
  }

  /** Reads all messages of a log page by page, and checks each page against the previous page. */
  async readAll(stream: string, limit = 100, node: Backplane = this.b): Promise<LogEntry[]> {
    const entries: LogEntry[] = []
    const first = await this.read(stream, { after: 0, limit }, node)
    let prev = first.base
    for (let page = first; ; ) {
      holds(page.entries.length <= limit, `a page of ${limit} has ${page.entries.length} entries`)
      entries.push(...page.entries)
      prev = entries.at(-1)?.at ?? prev
      if (!page.more) break
      holds(page.entries.length > 0, 'an empty page has `more`')
      page = await this.read(stream, { after: prev, limit }, node)
    }
    this.#checkOrder(entries)
    return entries
  }

  /** Reads the data of all messages of a log, as values. */
  async readData(stream: string): Promise<unknown[]> {
    return dataOf(await this.readAll(stream))
  }

  /** Collects the hints of a log on both nodes. */
  collectHints(stream: string): { hints: LogHint[]; undo(): void } {
    const hints: LogHint[] = []
    const undos = [this.a, this.b].map((node) => node.tail(stream, (hint) => hints.push(hint)))
    return {
      hints,
      undo() {
        for (const undo of undos) undo()
      },
    }
  }

  /** Waits until `check` returns `true`. */
  until(what: string, check: () => MaybePromise<boolean>): Promise<void> {
    return this.poller.until(what, check)
  }

  /** Waits until the value that `read` returns has not changed for a while. */
  untilStable(read: () => unknown): Promise<void> {
    return this.poller.untilStable(read)
  }

  /** Waits until `check` returns `true`, but not longer than for an event that may not occur. */
  soon(check: () => boolean): Promise<boolean> {
    return this.poller.soon(check)
  }

  /** Lets a moment pass. */
  pause(): Promise<void> {
    return this.poller.pause()
  }

  /** Checks that a message was stored during this case, by the clock of the store (P-MT-1). */
  checkTime(time: number): void {
    holds(Number.isSafeInteger(time), `the time ${time} is not an integer`)
    const [least, most] = [this.#started - clockTolerance, this.#wallTime() + clockTolerance]
    holds(time >= least && time <= most, `the time ${time} is not between ${least} and ${most}`)
  }

  #checkOrder(entries: readonly LogEntry[]): void {
    let [lastAt, lastTime] = [0, 0]
    for (const { at, time } of entries) {
      holds(Number.isSafeInteger(at) && at > lastAt, `the entry at ${at} comes after the entry at ${lastAt}`)
      holds(time >= lastTime, `the entry at ${at} is ${lastTime - time} ms older than the entry before it`)
      this.checkTime(time)
      lastAt = at
      lastTime = time
    }
  }

  #wallTime(): number {
    return this.bench.wallTime?.() ?? systemRuntime.wallTime()
  }
}

/** Returns the message of an append. */
export function messageOf({
  event = 'say',
  data = null,
  json = JSON.stringify(data),
  meta = null,
  from = 'alice',
  id = 'session1.1',
  keep,
}: Append): NewMessage {
  return { event, data: json, meta, from, id, ...(keep === undefined ? {} : { keep }) }
}

/** Returns a hash as hubs do: equal for the same event and data only. */
const hashOf = ({ event = 'say', data = null, json = JSON.stringify(data) }: Append): string =>
  `${event} ${json}`

/** Returns the data of entries, as values. */
export const dataOf = (entries: readonly LogEntry[]): unknown[] =>
  entries.map(({ data }) => JSON.parse(data) as unknown)

/** Returns the numbers from 1 to `count`. */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1)

/** Returns the outcomes of appends, without their positions. */
export const outcomes = (answers: readonly AppendResult[]): string[] => answers.map(({ outcome }) => outcome)

/** Returns the position of a stored message. */
export const positionOf = ({ epoch, at, id }: Pick<Stored, 'epoch' | 'at' | 'id'>): Position => [
  epoch,
  at,
  id,
]
