import type { MaybePromise } from '@chat/core'
import type {
  AppendKey,
  AppendResult,
  Backplane,
  BackplaneCapabilities,
  LogEntry,
  LogHint,
  LogPage,
  LogRange,
  OutgoingMessage,
} from '@chat/core/backplane'
import { ConformanceError, holds, same } from '../check.ts'
import { Poller } from '../poller.ts'
import type { BackplaneBench, BackplaneHarness, BackplaneStartOptions } from './harness.ts'

/** What an append is made of, where a case cares. */
export interface Append extends Partial<AppendKey> {
  readonly event?: string
  readonly data?: unknown
  readonly from?: string | null
  readonly id?: string
  /** Which node does it. Default: the first. */
  readonly node?: Backplane
}

type Stored = Exclude<AppendResult, { outcome: 'conflict' }>

/** Where one case takes place: two nodes of a cluster, and the poller to wait for what they do. */
export class Cluster {
  readonly bench: BackplaneBench
  readonly poller: Poller
  readonly capabilities: BackplaneCapabilities
  /** Two nodes that share a store. */
  readonly a: Backplane
  readonly b: Backplane
  #ref = 0

  static async create(
    harness: BackplaneHarness,
    options: Partial<BackplaneStartOptions> = {},
  ): Promise<Cluster> {
    const poller = new Poller(harness)
    const bench = await poller.awaitOutcome('the store starts', harness.start({ keep: null, ...options }))
    const node = (): Promise<Backplane> => poller.awaitOutcome('a node starts', bench.node())
    return new Cluster(harness, bench, await node(), await node())
  }

  private constructor(harness: BackplaneHarness, bench: BackplaneBench, a: Backplane, b: Backplane) {
    this.bench = bench
    this.poller = new Poller(harness)
    this.capabilities = harness.capabilities
    this.a = a
    this.b = b
  }

  /** The outcome of an operation. */
  awaitAnswer<T>(what: string, pending: MaybePromise<T>): Promise<T> {
    return this.poller.awaitOutcome(what, pending)
  }

  /** Appends, with a key that is new unless the case gives one. */
  append(stream: string, given: Append = {}): Promise<AppendResult> {
    return this.awaitAnswer('an append is answered', this.startAppend(stream, given))
  }

  /** The same, where the answer must be that it was stored. */
  async appendNew(stream: string, given: Append = {}): Promise<Stored> {
    const answer = await this.append(stream, given)
    if (answer.outcome !== 'stored')
      throw new ConformanceError(`a new message was answered with ${answer.outcome}`)
    return answer
  }

  /** Calls append, and does not wait. */
  startAppend(stream: string, given: Append = {}): MaybePromise<AppendResult> {
    const { node = this.a } = given
    return node.append(stream, messageOf(given), this.makeKey(given))
  }

  /** The key of an append; what is not given is new, or the same for all. */
  makeKey(given: Append = {}): AppendKey {
    const { user = 'alice', session = 'session1', window = 16, by = 'node1', hash } = given
    this.#ref = given.ref ?? this.#ref + 1
    return { user, session, window, by, ref: this.#ref, hash: hash ?? hashOf(given) }
  }

  read(
    stream: string,
    range: LogRange = { after: 0, limit: 1_000 },
    node: Backplane = this.b,
  ): Promise<LogPage> {
    return this.awaitAnswer('a read is answered', node.read(stream, range))
  }

  /** Everything a stream keeps, page by page, with each page checked against the one before. */
  async readAll(stream: string, limit = 100, node: Backplane = this.b): Promise<LogEntry[]> {
    const entries: LogEntry[] = []
    const first = await this.read(stream, { after: 0, limit }, node)
    let prev = first.base
    for (let page = first; ; ) {
      if (page.entries.length > 0) same(page.prev, prev, '`prev` of a page')
      holds(page.entries.length <= limit, `a page of ${limit} has ${page.entries.length} entries`)
      entries.push(...page.entries)
      prev = entries.at(-1)?.at ?? prev
      if (!page.more) break
      holds(page.entries.length > 0, 'an empty page says that there is more')
      page = await this.read(stream, { after: prev, limit }, node)
    }
    checkOrder(entries)
    return entries
  }

  /** Listens, on both nodes, to what is appended to a stream. */
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

  until(what: string, check: () => MaybePromise<boolean>): Promise<void> {
    return this.poller.until(what, check)
  }

  untilStable(read: () => unknown): Promise<void> {
    return this.poller.untilStable(read)
  }
}

export function messageOf({
  event = 'say',
  data = null,
  from = 'alice',
  id = 'session1.1',
}: Append): OutgoingMessage {
  return { event, data, from, id, json: JSON.stringify(data) }
}

/** As a hub does it: the same for the same event and data only. */
const hashOf = ({ event = 'say', data = null }: Append): string => `${event} ${JSON.stringify(data)}`

function checkOrder(entries: readonly LogEntry[]): void {
  let last = 0
  for (const { at } of entries) {
    holds(Number.isSafeInteger(at) && at > last, `the entry at ${at} stands behind the one at ${last}`)
    last = at
  }
}

/** How an append went, with the place left out where a case does not know it. */
export const outcomes = (answers: readonly AppendResult[]): string[] => answers.map(({ outcome }) => outcome)
