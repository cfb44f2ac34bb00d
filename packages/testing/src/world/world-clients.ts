import {
  type AnyContract,
  type Client,
  type ClientObservation,
  type ClientOptions,
  type ClientStatus,
  type Delivery,
  type Gap,
  type PresenceChange,
  readStreams,
  type SnapshotEvent,
  type Token,
} from '@chat/core'
import type { MemoryLink, MemoryStore } from '@chat/core/memory'
import type { FaultyClient } from '../faults/fault-targets.ts'
import { LinkControl } from '../faults/link-control.ts'
import { ClientInvariants } from '../invariants/client-invariants.ts'
import type { WatchedClient } from '../invariants/watched-client.ts'
import type { Actor } from '../time/actor.ts'
import { type Duration, milliseconds } from '../time/duration.ts'
import { GatedConnection } from './gated-connection.ts'
import type { AnyClient } from './world.ts'
import { type ClientObserver, WorldClient } from './world-client.ts'
import type { WorldServices } from './world-services.ts'

type Observed = Delivery | Gap | SnapshotEvent

/** A client of a world, and the record of its run. */
export interface ClientRecord extends WatchedClient {
  readonly client: AnyClient & WatchedClient['client']
  readonly actor: Actor
  readonly link: LinkControl
  readonly invariants: ClientInvariants
  /** Messages, gaps and snapshots that the application received, in their order. */
  readonly observed: Observed[]
  /** Statuses of the client, in their order. */
  readonly statuses: ClientStatus[]
  readonly joinedAt: Map<string, number>
  /** Number of sends that have not settled. */
  unsettledSends: number
}

/** The clients of a world. */
export class WorldClients {
  readonly #services: WorldServices
  readonly #store: MemoryStore
  readonly #records: ClientRecord[]
  readonly #acknowledged: { readonly stream: string; readonly at: number; readonly id: string }[] = []
  #reconnects = 0

  /** Makes the clients of a world; `records` is the list to which each new client is added. */
  constructor(services: WorldServices, store: MemoryStore, records: ClientRecord[]) {
    this.#services = services
    this.#store = store
    this.#records = records
  }

  /** Makes a client that connects to the hubs of these names. */
  startClient<C extends AnyContract>(
    hubs: readonly string[],
    token: Token,
    options: Partial<Omit<ClientOptions<C>, 'token'>>,
  ): Client<C> {
    const { time, runtime, network, history, report } = this.#services
    const name = `${typeof token === 'string' ? token : 'client'}/${this.#records.length + 1}`
    const actor = time.actor(`client ${name}`)
    const networkLink = network.link()
    const link = new LinkControl(networkLink, runtime, (text) => report.note(`${name}: ${text}`))
    const invariants = new ClientInvariants(name, history, (invariant, detail) =>
      report.addViolation(invariant, detail),
    )
    // The record and the client need each other; `client` is set before any callback can run.
    const record = {
      name,
      actor,
      link,
      invariants,
      observed: [],
      statuses: [],
      joinedAt: new Map(),
      unsettledSends: 0,
    } as Omit<ClientRecord, 'client'> as ClientRecord
    const client = new WorldClient<C>(
      {
        dial: this.#dialer(hubs, networkLink, record),
        runtime: actor.runtime,
        observe: (event) => this.#observe(record, event),
        token,
        streams: readStreams,
        ...options,
      },
      this.#observerOf(record),
    )
    this.#records.push(Object.assign(record, { client: client as unknown as ClientRecord['client'] }))
    client.on('$status', ({ status, error }) => {
      if (record.statuses.at(-1) !== status) record.statuses.push(status)
      if (status === 'reconnecting') this.#reconnects++
      report.note(`${name} is ${status}${error ? `: ${error.message}` : ''}`)
    })
    return client
  }

  /**
   * Returns the record of a client.
   *
   * @throws RangeError when the client belongs to another world.
   */
  recordOf(client: AnyClient): ClientRecord {
    const record = this.#records.find((each) => (each.client as AnyClient) === client)
    if (record === undefined)
      throw new RangeError(
        'unable to find the client: it belongs to another world; pass a client of w.client()',
      )
    return record
  }

  /** Returns the client at an index, modulo their number; `null` for a world without clients. */
  targetAt(index: number): FaultyClient | null {
    const record = this.#records[index % this.#records.length]
    if (record === undefined) return null
    return { link: record.link, sleep: (duration) => this.#sleep(record, duration) }
  }

  /** Ends all faults of the clients and their links. */
  recoverAll(): void {
    for (const { link, actor } of this.#records) {
      link.restore()
      actor.resume()
    }
  }

  /** Closes all clients. */
  closeAll(): void {
    for (const { client, actor } of this.#records) {
      actor.resume()
      client.close()
    }
  }

  /** Checks a run without faults, in which no client may have a gap or lose its connection (I10). */
  checkUndisturbed(): void {
    const { report } = this.#services
    for (const { name, observed } of this.#records)
      for (const event of observed)
        if ('reason' in event) report.addViolation('I10', `${name} was told of a gap in ${event.address}`)
    if (this.#reconnects > 0) report.addViolation('I10', `${this.#reconnects} connections were lost`)
  }

  /** Checks, after the time for recovery, that clients and hubs have recovered (I5, I6, I9, I11, I14). */
  checkRecovered(): void {
    const { report, history } = this.#services
    for (const record of this.#records) this.#checkClient(record)
    for (const { stream, at, id } of this.#acknowledged)
      if (history.findMessage(stream, at, id) === null)
        report.addViolation('I9', `${id} was acknowledged at ${at} of ${stream}, which never had it`)
    this.#services.presence.checkPresence(this.#store)
  }

  #checkClient({ name, client, unsettledSends, invariants }: ClientRecord): void {
    const { report } = this.#services
    invariants.checkSettled(Object.keys(client.positions))
    if (client.status === 'closed') return
    if (client.status !== 'connected') report.addViolation('I14', `${name} is still ${client.status}`)
    if (unsettledSends > 0) report.addViolation('I6', `${unsettledSends} sends of ${name} have not settled`)
    for (const [address, [epoch, at]] of Object.entries(client.positions)) {
      const page = this.#store.read(address, { before: null, limit: 1 })
      if (page.epoch !== epoch || page.top !== at)
        report.addViolation(
          'I5',
          `${name} is at ${at} (${epoch}) of ${address}, which ends at ${page.top} (${page.epoch})`,
        )
    }
  }

  #observerOf(record: ClientRecord): ClientObserver {
    return {
      joinStarted: (address) => {
        record.joinedAt.set(address, this.#services.runtime.now())
        record.invariants.startAddress(address)
        this.#services.presence.watchRoom(address, this.#store)
      },
      sendStarted: () => {
        record.unsettledSends++
      },
      sendSettled: (address, outcome) => {
        record.unsettledSends--
        const result = typeof outcome === 'string' ? outcome : outcome.id
        this.#services.report.note(`${record.name} has sent to ${address}: ${result}`)
        if (typeof outcome !== 'string') this.#acknowledged.push({ stream: address, ...outcome })
      },
    }
  }

  #observe(record: ClientRecord, event: ClientObservation): void {
    const { report, authorisation, presence } = this.#services
    const { name, invariants, observed } = record
    if (event.type === 'presence') {
      report.note(`${name} shows ${event.presence.count} in ${event.address}: ${changes(event)}`)
      return presence.presenceChanged(record, event)
    }
    if (event.type === 'status' || event.type === 'operation' || event.type === 'ask') return
    observed.push(event)
    if (event.type === 'message') {
      const place = event.durable ? `${event.id} at ${event.position[1]}` : 'as a cast'
      report.note(`${name} gets ${event.event} ${place} of ${event.address}`)
      invariants.messageDelivered(event)
      authorisation.messageDelivered(record, event)
    } else if (event.type === 'snapshot') {
      report.note(`${name} takes a snapshot of ${event.address} at ${event.position[1]}`)
      invariants.snapshotTaken(event)
    } else {
      report.note(`${name} is told of a gap (${event.reason}) in ${event.address} up to ${event.to[1]}`)
      invariants.gapReported(event)
    }
  }

  #sleep({ name, actor }: ClientRecord, duration: Duration): void {
    this.#services.report.note(`fault: ${name} sleeps for ${duration}`)
    actor.pause()
    this.#services.runtime.timer(milliseconds(duration), () => actor.resume())
  }

  #dialer(
    hubs: readonly string[],
    networkLink: MemoryLink,
    { actor, link }: Pick<ClientRecord, 'actor' | 'link'>,
  ): ClientOptions['dial'] {
    let next = 0
    return async (options) => {
      const dial = this.#services.network.dialer(hubs[next++ % hubs.length] ?? '', { link: networkLink })
      return new GatedConnection(await dial(options), actor, (transmission) =>
        link.filterTransmission(transmission),
      )
    }
  }
}

/** Returns the sessions of a change for the trace: joined or changed, and left. */
const changes = ({ joined, left }: PresenceChange): string =>
  [...joined.map(({ session }) => `+${session}`), ...left.map(({ session }) => `-${session}`)].join(' ')

/** Resolves when a client is connected, and rejects when it is closed before. */
export function connected<C extends AnyContract>(client: Client<C>): Promise<void> {
  if (client.status === 'connected') return Promise.resolve()
  return new Promise((resolve, reject) => {
    const undo = client.on('$status', ({ status, error }) => {
      if (status === 'connected') resolve()
      else if (status === 'closed') reject(error)
      else return
      undo()
    })
  })
}
