import type {
  AnyContract,
  Client,
  ClientOptions,
  ClientStatus,
  Gap,
  Message,
  PresenceChange,
  SnapshotEvent,
  Token,
} from '@chat/core'
import type { MemoryLink, MemoryStore } from '@chat/core/memory'
import { LinkControl } from '../faults/link-control.ts'
import { ClientInvariants } from '../invariants/client-invariants.ts'
import type { Actor } from '../time/actor.ts'
import { type Duration, milliseconds } from '../time/duration.ts'
import { GatedConnection } from './gated-connection.ts'
import type { AnyClient } from './world.ts'
import { type ClientWitness, WorldClient } from './world-client.ts'
import type { Ground } from './world-services.ts'

type Seen = Message | Gap | SnapshotEvent

/**
 * A client of a world, and what it went through.
 *
 * @internal
 */
export interface Member {
  readonly name: string
  readonly client: AnyClient & Pick<Client, 'positions' | 'session' | 'user'>
  readonly actor: Actor
  readonly link: LinkControl
  readonly view: ClientInvariants
  readonly seen: Seen[]
  readonly statuses: ClientStatus[]
  /** Since when it wants to be in each room. */
  readonly since: Map<string, number>
  /** Sends that have not settled. */
  open: number
}

/**
 * The clients of a world.
 *
 * @internal
 */
export class WorldClients {
  readonly #ground: Ground
  readonly #store: MemoryStore
  readonly #members: Member[] = []
  readonly #acknowledged: { readonly stream: string; readonly at: number; readonly id: string }[] = []
  #reconnects = 0

  constructor(ground: Ground, store: MemoryStore) {
    this.#ground = ground
    this.#store = store
  }

  get all(): readonly Member[] {
    return this.#members
  }

  /** A client that connects to hubs, by what the network calls them. */
  async connect<C extends AnyContract>(
    hubs: readonly string[],
    token: Token,
    options: Partial<Omit<ClientOptions<C>, 'token'>>,
  ): Promise<Client<C>> {
    const { time, chance, network, history, verdict } = this.#ground
    const name = `${typeof token === 'string' ? token : 'client'}/${this.#members.length + 1}`
    const actor = time.actor(`client ${name}`)
    const way = network.link()
    const link = new LinkControl(way, chance, (text) => verdict.note(`${name}: ${text}`))
    const view = new ClientInvariants(name, history, (invariant, what) => verdict.violated(invariant, what))
    // Its client is there as soon as anything can happen to it.
    const member = { name, actor, link, view, seen: [], statuses: [], since: new Map(), open: 0 } as Omit<
      Member,
      'client'
    > as Member
    const client = new WorldClient<C>(
      {
        dial: this.#dialer(hubs, way, member),
        runtime: actor.runtime,
        observe: (what) => this.#observe(member, what),
        token,
        ...options,
      },
      this.#witness(member),
    )
    this.#members.push(Object.assign(member, { client: client as unknown as Member['client'] }))
    client.on('$status', ({ status, error }) => {
      if (member.statuses.at(-1) !== status) member.statuses.push(status)
      if (status === 'reconnecting') this.#reconnects++
      verdict.note(`${name} is ${status}${error ? `: ${error.message}` : ''}`)
    })
    await connected(client as unknown as Client)
    return client
  }

  of(client: AnyClient): Member {
    const member = this.#members.find((one) => (one.client as AnyClient) === client)
    if (member === undefined) throw new RangeError('unable to find the client: it is not of this world')
    return member
  }

  at(index: number): { readonly link: LinkControl; sleep(duration: Duration): void } | null {
    const member = this.#members[index % this.#members.length]
    if (member === undefined) return null
    return { link: member.link, sleep: (duration) => this.#sleep(member, duration) }
  }

  /** Nothing is wrong with them or their links any more. */
  recover(): void {
    for (const { link, actor } of this.#members) {
      link.restore()
      actor.resume()
    }
  }

  close(): void {
    for (const { client, actor } of this.#members) {
      actor.resume()
      client.close()
    }
  }

  /** Without faults there is nothing to be told of (I10). */
  checkCalm(): void {
    const { verdict } = this.#ground
    for (const { name, seen } of this.#members)
      for (const what of seen)
        if ('reason' in what) verdict.violated('I10', `${name} was told of a gap in ${what.address}`)
    if (this.#reconnects > 0) verdict.violated('I10', `${this.#reconnects} connections were lost`)
  }

  /** When everything had time to recover, it has (I5, I6, I9, I11, I14). */
  checkRecovered(): void {
    const { verdict, history } = this.#ground
    for (const { name, client, open, view } of this.#members) {
      view.settled(Object.keys(client.positions))
      if (client.status === 'closed') continue
      if (client.status !== 'connected') verdict.violated('I14', `${name} is still ${client.status}`)
      if (open > 0) verdict.violated('I6', `${open} sends of ${name} have not settled`)
      for (const [address, [epoch, at]] of Object.entries(client.positions)) {
        const page = this.#store.read(address, { before: null, limit: 1 })
        if (page.epoch !== epoch || page.top !== at)
          verdict.violated(
            'I5',
            `${name} is at ${at} (${epoch}) of ${address}, which ends at ${page.top} (${page.epoch})`,
          )
      }
    }
    for (const { stream, at, id } of this.#acknowledged)
      if (history.find(stream, at, id) === null)
        verdict.violated('I9', `${id} was acknowledged at ${at} of ${stream}, which never had it`)
    this.#ground.attendance.check(this.#store)
  }

  #witness(member: Member): ClientWitness {
    return {
      started: (address) => {
        member.since.set(address, this.#ground.chance.now())
        member.view.start(address)
        this.#ground.attendance.entering(address, this.#store)
      },
      sending: () => {
        member.open++
      },
      sent: (address, outcome) => {
        member.open--
        const how = typeof outcome === 'string' ? outcome : outcome.id
        this.#ground.verdict.note(`${member.name} has sent to ${address}: ${how}`)
        if (typeof outcome !== 'string') this.#acknowledged.push({ stream: address, ...outcome })
      },
    }
  }

  #observe(member: Member, what: Seen | PresenceChange): void {
    const { verdict, authorisation, attendance } = this.#ground
    const { name, view, seen } = member
    if ('presence' in what) {
      verdict.note(`${name} shows ${what.presence.count} in ${what.address}: ${changes(what)}`)
      return attendance.changed(member, what)
    }
    seen.push(what)
    if ('event' in what) {
      verdict.note(`${name} gets ${what.event} ${what.id} at ${what.at} of ${what.address}`)
      view.message(what)
      authorisation.handed(member, what)
    } else if ('state' in what) {
      verdict.note(`${name} takes a snapshot of ${what.address} at ${what.position[1]}`)
      view.snapshot(what)
    } else {
      verdict.note(`${name} is told of a gap (${what.reason}) in ${what.address} up to ${what.to[1]}`)
      view.gap(what)
    }
  }

  #sleep({ name, actor }: Member, duration: Duration): void {
    this.#ground.verdict.note(`fault: ${name} sleeps for ${duration}`)
    actor.pause()
    this.#ground.chance.timer(milliseconds(duration), () => actor.resume())
  }

  #dialer(
    hubs: readonly string[],
    way: MemoryLink,
    { actor, link }: Pick<Member, 'actor' | 'link'>,
  ): ClientOptions['dial'] {
    let next = 0
    return async (options) => {
      const dial = this.#ground.network.dialer(hubs[next++ % hubs.length] ?? '', { link: way })
      return new GatedConnection(await dial(options), actor, (transmission) => link.delivered(transmission))
    }
  }
}

/** Who has come, or is different, and who has gone. */
const changes = ({ joined, left }: PresenceChange): string =>
  [...joined.map(({ session }) => `+${session}`), ...left.map(({ session }) => `-${session}`)].join(' ')

function connected(client: Pick<Client, 'status' | 'on'>): Promise<void> {
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
