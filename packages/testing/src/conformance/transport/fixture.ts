import { systemRuntime } from '@chat/core'
import type { Connection, DialOptions } from '@chat/core/transport'
import { ConformanceError, holds } from '../check.ts'
import { Poller } from '../poller.ts'
import { excerptOf } from './excerpt.ts'
import type { Side, TransportBench, TransportHarness } from './harness.ts'
import { type AcceptedPeer, type LinkEvent, LocalPeer, type Peer, type StartOptions } from './peer.ts'

/** Subprotocol of the cases that do not test subprotocols. */
export const subprotocol = 'conformance.v1'

/** An end of a link, with the events that were fetched so far. */
export class LinkEnd {
  readonly peer: Peer
  readonly log: LinkEvent[] = []

  constructor(peer: Peer) {
    this.peer = peer
  }

  /** Transmissions that arrived. */
  get received(): readonly string[] {
    return this.log.flatMap((event) => (event.type === 'receive' ? [event.text] : []))
  }

  /** Close codes and reasons that the end was told; at most one in a correct transport. */
  get closures(): readonly { code: number; reason: string }[] {
    return this.log.flatMap((event) =>
      event.type === 'closed' ? [{ code: event.code, reason: event.reason }] : [],
    )
  }

  /** `true` once the end was told of the close. */
  get ended(): boolean {
    return this.closures.length > 0
  }

  /** Number of drains. */
  get drains(): number {
    return this.log.filter(({ type }) => type === 'drain').length
  }

  /** The end in this process, for calls that must happen in the same turn. */
  get local(): LocalPeer {
    if (this.peer instanceof LocalPeer) return this.peer
    throw new ConformanceError(
      "unable to use the connection: the end is in another process; add 'local server' to the harness's `lacks`",
    )
  }

  /** Fetches the events since the last call. */
  async fetchEvents(): Promise<void> {
    this.log.push(...(await this.peer.events(this.log.length)))
  }
}

/** The two ends of a link: the end that acts, and its peer. */
export interface LinkPair {
  readonly near: LinkEnd
  readonly far: LinkEnd
}

/** The server of a case, the links to it, and the means to wait for their events. */
export class TransportFixture {
  readonly side: Side
  readonly bench: TransportBench
  readonly poller: Poller
  readonly capabilities: TransportHarness['capabilities']
  readonly #virtual: boolean
  readonly #ends: LinkEnd[] = []

  /** Starts the server of a case. */
  static async create(
    harness: TransportHarness,
    side: Side,
    options: Partial<StartOptions> = {},
  ): Promise<TransportFixture> {
    const poller = new Poller(harness)
    const whole: StartOptions = {
      subprotocols: [subprotocol],
      greeting: [],
      farewell: null,
      ...options,
    }
    const bench = await poller.awaitOutcome('the server starts', harness.start(whole))
    return new TransportFixture(harness, side, bench)
  }

  private constructor(harness: TransportHarness, side: Side, bench: TransportBench) {
    this.side = side
    this.bench = bench
    this.poller = new Poller(harness)
    this.capabilities = harness.capabilities
    this.#virtual = harness.settle !== undefined
  }

  /** Waits for the shortest possible time: a microtask in virtual time, a macrotask in real time. */
  nextTurn(): Promise<void> {
    return this.#virtual ? Promise.resolve() : new Promise((resolve) => systemRuntime.timer(0, resolve))
  }

  /** Opens a link with both ends attached. */
  async openLink(): Promise<LinkPair> {
    const { connection, server } = await this.openUnattached()
    const client = this.observePeer(new LocalPeer(connection).attach())
    return this.side === 'client' ? { near: client, far: server } : { near: server, far: client }
  }

  /** Opens a link whose client is not attached yet. */
  async openUnattached(protocols: readonly string[] = [subprotocol]): Promise<{
    connection: Connection
    server: LinkEnd
    accepted: AcceptedPeer
  }> {
    const connection = await this.dial(protocols)
    const accepted = await this.poller.awaitOutcome('the server accepts', this.bench.accepted())
    return { connection, server: this.observePeer(accepted.peer), accepted }
  }

  /** Dials the server. */
  dial(protocols: readonly string[] = [subprotocol]): Promise<Connection> {
    const { signal } = createAborter()
    return this.poller.awaitOutcome('the dial has an outcome', this.bench.dial({ protocols, signal }))
  }

  /** Observes an end from now on. After the case the end must have ended, with its events in order. */
  observePeer(peer: Peer): LinkEnd {
    const end = new LinkEnd(peer)
    this.#ends.push(end)
    return end
  }

  /** Waits until `check` returns `true`, with the events of all ends up to date. */
  until(what: string | (() => string), check: () => boolean | Promise<boolean>): Promise<void> {
    return this.poller.until(what, async () => {
      await this.fetchEvents()
      return check()
    })
  }

  /** Waits until no end has a new event for a while. */
  untilStable(): Promise<void> {
    return this.poller.untilStable(async () => {
      await this.fetchEvents()
      return this.#ends.map(({ log }) => log.length).join()
    })
  }

  /** Fetches the events of all ends. */
  async fetchEvents(): Promise<void> {
    await Promise.all(this.#ends.map((end) => end.fetchEvents()))
  }

  /** Waits until both ends of a link were told of the close. */
  untilEnded(link: LinkPair): Promise<void> {
    return this.until(
      () => `both ends are told of the end (near: ${link.near.ended}, far: ${link.far.ended})`,
      () => link.near.ended && link.far.ended,
    )
  }

  /** Waits until an end has received one transmission for each text, or was closed. */
  async untilReceived(end: LinkEnd, texts: readonly string[]): Promise<void> {
    const count = texts.length
    await this.until(`${count} transmissions arrive`, () => end.received.length >= count || end.ended)
  }

  /** Ends every link, and checks the order of the events of all ends. */
  async finish(): Promise<void> {
    for (const { peer } of this.#ends) await peer.resume()
    for (const { peer } of this.#ends) await peer.abort()
    await this.until('every end is told of the end', () => this.#ends.every(({ ended }) => ended))
    await this.until('the server has no open link', async () => (await this.bench.open()) === 0)
    await this.untilStable()
    for (const { log } of this.#ends) checkLog(log)
  }
}

/** Checks the order of events, which holds for every end. */
function checkLog(log: readonly LinkEvent[]): void {
  let blocked = false
  for (const [i, event] of log.entries()) {
    if (event.type === 'closed')
      holds(
        i === log.length - 1,
        `\`closed\` must be the last call of a sink; after it came ${following(log, i)}`,
      )
    if (event.type === 'blocked') blocked = true
    if (event.type !== 'drain') continue
    holds(blocked, '`drain` was called although no `send` had returned false since the last `drain`')
    blocked = false
  }
}

const following = (log: readonly LinkEvent[], index: number): string =>
  JSON.stringify(log.slice(index + 1, index + 4))

/** Returns texts as the events of an end hold them. */
export const excerptsOf = (texts: readonly string[]): string[] => texts.map(excerptOf)

interface Aborter {
  readonly signal: DialOptions['signal']
  abort(reason?: unknown): void
}

/** Makes an `AbortController` of the platform, whose types this package is compiled without. */
export const createAborter = (): Aborter =>
  new (globalThis as unknown as { AbortController: new () => Aborter }).AbortController()
