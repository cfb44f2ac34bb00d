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

/** Parts of an append that a case chooses; the cluster chooses the rest. */
export interface Append extends Partial<AppendKey> {
  readonly event?: string
  readonly data?: unknown
  readonly from?: string | null
  readonly id?: string
  /** Node that appends. Default: the first. */
  readonly node?: Backplane
}

type Stored = Exclude<AppendResult, { outcome: 'conflict' }>

/** Two nodes of a cluster for a case, with the means to wait for their answers. */
export class Cluster {
  readonly bench: BackplaneBench
  readonly poller: Poller
  readonly capabilities: BackplaneCapabilities
  /** First node. */
  readonly a: Backplane
  /** Second node, on the same store. */
  readonly b: Backplane
  #ref = 0

  /** Starts the store and two nodes. */
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
    return answer
  }

  /** Calls `append` without a wait for the answer. */
  startAppend(stream: string, given: Append = {}): MaybePromise<AppendResult> {
    const { node = this.a } = given
    return node.append(stream, messageOf(given), this.makeKey(given))
  }

  /**
   * Returns the key of an append. The ref is new unless the case gives a ref; the other parts default to
   * constants.
   */
  makeKey(given: Append = {}): AppendKey {
    const { user = 'alice', session = 'session1', window = 16, by = 'node1', hash } = given
    this.#ref = given.ref ?? this.#ref + 1
    return { user, session, window, by, ref: this.#ref, hash: hash ?? hashOf(given) }
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
      if (page.entries.length > 0) same(page.prev, prev, '`prev` of a page')
      holds(page.entries.length <= limit, `a page of ${limit} has ${page.entries.length} entries`)
      entries.push(...page.entries)
      prev = entries.at(-1)?.at ?? prev
      if (!page.more) break
      holds(page.entries.length > 0, 'an empty page has `more`')
      page = await this.read(stream, { after: prev, limit }, node)
    }
    checkOrder(entries)
    return entries
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
}

/** Returns the message of an append. */
export function messageOf({
  event = 'say',
  data = null,
  from = 'alice',
  id = 'session1.1',
}: Append): OutgoingMessage {
  return { event, data, from, id, json: JSON.stringify(data) }
}

/** Returns a hash as hubs do: equal for the same event and data only. */
const hashOf = ({ event = 'say', data = null }: Append): string => `${event} ${JSON.stringify(data)}`

function checkOrder(entries: readonly LogEntry[]): void {
  let last = 0
  for (const { at } of entries) {
    holds(Number.isSafeInteger(at) && at > last, `the entry at ${at} comes after the entry at ${last}`)
    last = at
  }
}

/** Returns the outcomes of appends, without their positions. */
export const outcomes = (answers: readonly AppendResult[]): string[] => answers.map(({ outcome }) => outcome)
