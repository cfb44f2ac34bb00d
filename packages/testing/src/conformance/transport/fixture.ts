import { systemRuntime } from '@chat/core'
import type { Connection, DialOptions } from '@chat/core/transport'
import { ConformanceError, holds } from '../check.ts'
import { Poller } from '../poller.ts'
import { excerptOf } from './excerpt.ts'
import type { Side, TransportBench, TransportHarness } from './harness.ts'
import { type AcceptedPeer, type LinkEvent, LocalPeer, type Peer, type StartOptions } from './peer.ts'

/** The subprotocol of cases that are not about it. */
export const subprotocol = 'conformance.v1'

/** One end of a link with what it has seen, as of the last look. */
export class LinkEnd {
  readonly peer: Peer
  readonly log: LinkEvent[] = []

  constructor(peer: Peer) {
    this.peer = peer
  }

  get received(): readonly string[] {
    return this.log.flatMap((event) => (event.type === 'receive' ? [event.text] : []))
  }

  get closures(): readonly { code: number; reason: string }[] {
    return this.log.flatMap((event) =>
      event.type === 'closed' ? [{ code: event.code, reason: event.reason }] : [],
    )
  }

  get ended(): boolean {
    return this.closures.length > 0
  }

  get drains(): number {
    return this.log.filter(({ type }) => type === 'drain').length
  }

  /** The end itself, for what has to happen in one turn. */
  get local(): LocalPeer {
    if (this.peer instanceof LocalPeer) return this.peer
    throw new ConformanceError("the end lives elsewhere: say so in the harness's `lacks`")
  }

  async fetchEvents(): Promise<void> {
    this.log.push(...(await this.peer.events(this.log.length)))
  }
}

/** Two ends, seen from the one that acts. */
export interface LinkPair {
  readonly near: LinkEnd
  readonly far: LinkEnd
}

/** Where one case takes place: a server of its own, links to it, and the poller to wait for what happens on them. */
export class TransportFixture {
  readonly side: Side
  readonly bench: TransportBench
  readonly poller: Poller
  readonly capabilities: TransportHarness['capabilities']
  readonly #virtual: boolean
  readonly #ends: LinkEnd[] = []

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

  /** The least that can pass. */
  nextTurn(): Promise<void> {
    return this.#virtual ? Promise.resolve() : new Promise((resolve) => systemRuntime.timer(0, resolve))
  }

  /** A link with both ends attached. */
  async openLink(): Promise<LinkPair> {
    const { connection, server } = await this.openUnattached()
    const client = this.observePeer(new LocalPeer(connection).attach())
    return this.side === 'client' ? { near: client, far: server } : { near: server, far: client }
  }

  /** A link whose client is not attached yet. */
  async openUnattached(protocols: readonly string[] = [subprotocol]): Promise<{
    connection: Connection
    server: LinkEnd
    accepted: AcceptedPeer
  }> {
    const connection = await this.dial(protocols)
    const accepted = await this.poller.awaitOutcome('the server accepts', this.bench.accepted())
    return { connection, server: this.observePeer(accepted.peer), accepted }
  }

  dial(protocols: readonly string[] = [subprotocol]): Promise<Connection> {
    const { signal } = createAborter()
    return this.poller.awaitOutcome('the dial has an outcome', this.bench.dial({ protocols, signal }))
  }

  /** Looks at an end from now on; it must have ended, in order, when the case is over. */
  observePeer(peer: Peer): LinkEnd {
    const end = new LinkEnd(peer)
    this.#ends.push(end)
    return end
  }

  /** Waits until `check` is true of what the ends have seen. */
  until(what: string | (() => string), check: () => boolean | Promise<boolean>): Promise<void> {
    return this.poller.until(what, async () => {
      await this.fetchEvents()
      return check()
    })
  }

  /** Waits until nothing more happens on any end. */
  untilStable(): Promise<void> {
    return this.poller.untilStable(async () => {
      await this.fetchEvents()
      return this.#ends.map(({ log }) => log.length).join()
    })
  }

  async fetchEvents(): Promise<void> {
    await Promise.all(this.#ends.map((end) => end.fetchEvents()))
  }

  /** Waits until both ends of a link have ended. */
  untilEnded(link: LinkPair): Promise<void> {
    return this.until(
      () => `both ends are told of the end (near: ${link.near.ended}, far: ${link.far.ended})`,
      () => link.near.ended && link.far.ended,
    )
  }

  /** Waits until `end` has received these. */
  async untilReceived(end: LinkEnd, texts: readonly string[]): Promise<void> {
    const count = texts.length
    await this.until(`${count} transmissions arrive`, () => end.received.length >= count || end.ended)
  }

  /** Ends every link and checks what no end may ever have seen. */
  async finish(): Promise<void> {
    for (const { peer } of this.#ends) await peer.resume()
    for (const { peer } of this.#ends) await peer.abort()
    await this.until('every end is told of the end', () => this.#ends.every(({ ended }) => ended))
    await this.until('the server lets go of every link', async () => (await this.bench.open()) === 0)
    await this.untilStable()
    for (const { log } of this.#ends) checkLog(log)
  }
}

/** What has to hold of every end, whatever happened to it. */
function checkLog(log: readonly LinkEvent[]): void {
  let blocked = false
  for (const [i, event] of log.entries()) {
    if (event.type === 'closed')
      holds(i === log.length - 1, `\`closed\` must be the last call of a sink; after it came ${said(log, i)}`)
    if (event.type === 'blocked') blocked = true
    if (event.type !== 'drain') continue
    holds(blocked, '`drain` was called although no `send` had answered false since the last one')
    blocked = false
  }
}

const said = (log: readonly LinkEvent[], index: number): string =>
  JSON.stringify(log.slice(index + 1, index + 4))

/** What arrives of these texts, as an end logs it. */
export const excerptsOf = (texts: readonly string[]): string[] => texts.map(excerptOf)

interface Aborter {
  readonly signal: DialOptions['signal']
  abort(reason?: unknown): void
}

/** The platform's, which this package is compiled without. */
export const createAborter = (): Aborter =>
  new (globalThis as unknown as { AbortController: new () => Aborter }).AbortController()
