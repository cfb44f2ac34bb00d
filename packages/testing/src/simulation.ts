import {
  type AnyContract,
  type Client,
  type ClientOptions,
  type ClientStatus,
  type Gap,
  type Hub,
  type HubOptions,
  type MemoryBackplane,
  type MemoryLink,
  MemoryNetwork,
  MemoryStore,
  type Message,
  type Runtime,
  type SnapshotEvent,
  type Token,
  type Untyped,
  type User,
} from '@chat/core'
import type { Actor } from './actor.ts'
import { Authorisation } from './authorisation.ts'
import { BackplaneControl } from './backplane-control.ts'
import { type Duration, milliseconds } from './duration.ts'
import type { Fault } from './faults.ts'
import { GatedConnection } from './gated-connection.ts'
import { LogHistory } from './history.ts'
import { InvariantError, type Violation } from './invariant-error.ts'
import { ClientInvariants } from './invariants.ts'
import { LinkControl } from './link-control.ts'
import { Random } from './random.ts'
import { strike, type Targets } from './strike.ts'
import { Trace } from './trace.ts'
import { quiet, VirtualTime } from './virtual-time.ts'
import type { AnyClient, AnyHub, DurationRange, World, WorldLink, WorldOptions } from './world.ts'
import { WorldClient } from './world-client.ts'
import { WorldHub } from './world-hub.ts'

interface HubSlot {
  readonly name: string
  readonly start: () => void
  /** The hub as the scenario knows it, whatever incarnation runs now. */
  readonly first: AnyHub
  hub: AnyHub
  actor: Actor
  backplane: MemoryBackplane | null
}

interface Member {
  readonly name: string
  readonly client: AnyClient & Pick<Client, 'positions' | 'session' | 'user'>
  readonly actor: Actor
  readonly link: LinkControl
  readonly view: ClientInvariants
  readonly seen: (Message | Gap | SnapshotEvent)[]
  readonly statuses: ClientStatus[]
  /** Sends that have not settled. */
  open: number
}

/** After this many steps in which the scenario went nowhere, it never will. */
const longestWait = 1_000_000
/** The same where there is nothing left to happen. */
const longestStop = 10_000
const shownLines = 25

/**
 * A world at work.
 *
 * @internal
 */
export class Simulation implements World, Targets {
  readonly seed: number
  readonly backplane: BackplaneControl
  readonly trace: Trace = new Trace()
  readonly situations: Set<string> = new Set()
  readonly violations: Violation[] = []
  readonly #time: VirtualTime
  readonly #network: MemoryNetwork
  readonly #store: MemoryStore
  readonly #history: LogHistory
  readonly #authorisation: Authorisation
  readonly #checking: boolean
  readonly #workload: Random
  readonly #chance: Runtime
  readonly #hubs: HubSlot[] = []
  readonly #members: Member[] = []
  readonly #invariants: { readonly name: string; readonly holds: () => true | string }[] = []
  readonly #acknowledged: { readonly stream: string; readonly at: number; readonly id: string }[] = []
  #reconnects = 0
  #recovering = false
  /** Resolves when the scenario has let time pass, while it does. */
  #driven: Promise<void> | null = null

  constructor(options: WorldOptions) {
    this.seed = options.seed ?? 1
    this.#checking = options.invariants ?? true
    this.#time = new VirtualTime(this.seed)
    this.#workload = new Random(this.seed, 'workload')
    this.#chance = this.#time.runtime('world')
    this.#history = new LogHistory((invariant, what) => this.#violated(invariant, what))
    this.#authorisation = new Authorisation({
      time: this.#time,
      hubs: this.#hubs,
      members: this.#members,
      lossy: (from, to) => this.backplane.lossy(from, to),
      note: (text) => this.#note(text),
      violated: (invariant, what) => this.#violated(invariant, what),
    })
    this.#network = new MemoryNetwork(this.#time.runtime('network', { work: true }), {
      latency: drawn(options.latency ?? [1, 20], new Random(this.seed, 'latency')) ?? (() => 0),
    })
    this.#store = new MemoryStore(this.#time.runtime('store'), {
      observe: (stream, epoch, { at, id }) => {
        this.#note(`${stream} takes ${id} at ${at} (${epoch})`)
        this.#history.append(stream, at, id)
        this.#authorisation.stored(stream, id)
      },
    })
    this.backplane = new BackplaneControl(this.#store, {
      history: this.#history,
      runtime: this.#chance,
      network: this.#time.runtime('backplane network', { work: true }),
      random: new Random(this.seed, 'backplane faults'),
      sometimes: (situation) => this.sometimes(situation),
      latency: drawn(options.backplaneLatency ?? [0, 5], new Random(this.seed, 'backplane latency')),
      note: (text) => this.#note(text),
    })
  }

  get now(): number {
    return this.#time.now
  }

  get hash(): string {
    return this.trace.hash
  }

  /** Callbacks that have run: what a simulation's speed is counted in. */
  get steps(): number {
    return this.#time.steps
  }

  get streams(): readonly string[] {
    return this.#store.streams
  }

  hub<C extends AnyContract = Untyped, U extends User = User>(
    options: HubOptions<C, U> = {},
    setup: (hub: Hub<C, U>) => void = () => {},
  ): Hub<C, U> {
    const name = `hub-${this.#hubs.length + 1}`
    let incarnation = 0
    const make = (): { hub: Hub<C, U>; actor: Actor; backplane: MemoryBackplane | null } => {
      const actor = this.#time.actor(`${name}.${++incarnation}`)
      const backplane = options.backplane === undefined ? this.backplane.connect(actor) : null
      const hub = new WorldHub<C, U>(
        {
          runtime: actor.runtime,
          ...(backplane === null ? {} : { backplane }),
          ...this.#authorisation.watch(options),
        },
        this.#authorisation,
      )
      setup(hub)
      this.#network.listen(name, {
        subprotocols: hub.subprotocols,
        accept: (connection, handshake) =>
          actor.run(() => hub.accept(new GatedConnection(connection, actor), handshake)),
      })
      if (backplane !== null) this.backplane.belongs(backplane, hub)
      return { hub, actor, backplane }
    }
    const first = make()
    const slot: HubSlot = { name, first: first.hub, ...first, start: () => Object.assign(slot, make()) }
    this.#hubs.push(slot)
    return first.hub
  }

  async client<C extends AnyContract = Untyped, U extends User = User>(
    hub: Hub<C, U> | readonly Hub<C, U>[],
    token: Token,
    options: Partial<Omit<ClientOptions<C>, 'token'>> = {},
  ): Promise<Client<C>> {
    const hubs = (Array.isArray(hub) ? hub : [hub]).map((one) => this.#slot(one).name)
    const name = `${typeof token === 'string' ? token : 'client'}/${this.#members.length + 1}`
    const actor = this.#time.actor(`client ${name}`)
    const way = this.#network.link()
    const link = new LinkControl(way, this.#chance, (text) => this.#note(`${name}: ${text}`))
    const seen: Member['seen'] = []
    const view = new ClientInvariants(name, this.#history, (invariant, what) =>
      this.#violated(invariant, what),
    )
    const client = new WorldClient<C>(
      {
        dial: this.#dialer(hubs, { way, link }, actor),
        runtime: actor.runtime,
        observe: (what) => {
          seen.push(what)
          this.#observe(name, view, what)
          if ('event' in what) this.#authorisation.handed(member, what)
        },
        token,
        ...options,
      },
      {
        started: (address) => view.start(address),
        sending: () => {
          member.open++
        },
        sent: (address, outcome) => {
          member.open--
          this.#note(`${name} has sent to ${address}: ${typeof outcome === 'string' ? outcome : outcome.id}`)
          if (typeof outcome !== 'string') this.#acknowledged.push({ stream: address, ...outcome })
        },
      },
    )
    const member: Member = {
      name,
      client: client as unknown as Member['client'],
      actor,
      link,
      view,
      seen,
      statuses: [],
      open: 0,
    }
    this.#members.push(member)
    client.on('$status', ({ status, error }) => {
      if (member.statuses.at(-1) !== status) member.statuses.push(status)
      if (status === 'reconnecting') this.#reconnects++
      this.#note(`${name} is ${status}${error ? `: ${error.message}` : ''}`)
    })
    await connected(client as unknown as Client)
    return client
  }

  link(client: AnyClient): WorldLink {
    return this.#member(client).link
  }

  crash(hub: AnyHub, options: { readonly restart?: Duration; readonly seen?: Duration | null } = {}): void {
    const { restart, seen = 0 } = options
    const slot = this.#slot(hub)
    if (slot.actor.dead) return
    this.#note(`fault: ${slot.name} crashes`)
    slot.actor.kill()
    if (slot.backplane !== null) this.backplane.crash(slot.backplane)
    this.#network.crash(slot.name, seen === null ? null : milliseconds(seen))
    if (restart === undefined) return
    this.#chance.timer(milliseconds(restart), () => this.#restart(slot))
  }

  pause(hub: AnyHub, duration: Duration): void {
    const { actor, name } = this.#slot(hub)
    this.#note(`fault: ${name} pauses for ${duration}`)
    actor.pause()
    this.#chance.timer(milliseconds(duration), () => actor.resume())
  }

  inject(fault: Fault): void {
    this.#chance.timer(fault.at, () => {
      if (!this.#recovering) strike(fault, this)
    })
  }

  async advance(duration: Duration): Promise<void> {
    await this.#drive(() => this.#time.advance(milliseconds(duration)))
    this.#checkOwn()
  }

  async settle(): Promise<void> {
    await this.#drive(() => this.#time.settle())
  }

  seen<Data = unknown>(client: AnyClient, address: string): readonly Message<Data>[] {
    const messages = this.#member(client).seen.filter((what) => what.address === address && 'event' in what)
    return messages as unknown as Message<Data>[]
  }

  gaps(client: AnyClient, address: string): readonly Gap[] {
    return this.#member(client).seen.filter(
      (what): what is Gap => what.address === address && 'reason' in what,
    )
  }

  statuses(client: AnyClient): readonly ClientStatus[] {
    return this.#member(client).statuses
  }

  runtime(actor: string): Runtime {
    return this.#time.runtime(actor)
  }

  random(): number {
    return this.#workload.next()
  }

  invariant(name: string, holds: () => true | string): void {
    this.#invariants.push({ name, holds })
  }

  sometimes(name: string): void {
    this.situations.add(name)
  }

  /** Runs a scenario to its end; while it waits for something else than time, time passes by itself. */
  async run(scenario: (w: World) => Promise<void> | void): Promise<void> {
    let outcome: { error: unknown } | null = null
    let finished = false
    const running = (async () => scenario(this))()
      .catch((error: unknown) => {
        outcome = { error }
      })
      .finally(() => {
        finished = true
      })
    await this.#pass(() => finished)
    await running
    if (outcome === null) return
    await this.close()
    throw (outcome as { error: unknown }).error
  }

  /** Ends every fault, lets everything recover, and checks that it has (I5, I6, I9, I14). */
  async recover(patience: Duration = '120s'): Promise<void> {
    this.#note('every fault is over')
    this.#recovering = true
    for (const { link, actor } of this.#members) {
      link.restore()
      actor.resume()
    }
    this.backplane.heal()
    for (const slot of this.#hubs) {
      slot.actor.resume()
      this.#restart(slot)
    }
    await this.advance(patience)
    this.#checkRecovered()
  }

  async close(): Promise<void> {
    for (const { client, actor } of this.#members) {
      actor.resume()
      client.close()
    }
    const closing = this.#hubs
      .filter(({ actor }) => !actor.dead)
      .map(({ hub }) => (hub as Hub).close({ deadline: 1 }))
    await this.#time.advance(10_000)
    await Promise.all(closing)
    const { tails, channels } = this.#store.usage
    if (tails + channels > 0) this.#violated('I13', `${tails} tails and ${channels} channels are left`)
  }

  /** Without faults there is nothing to be told of (I10). */
  expectCalm(): void {
    for (const { name, seen } of this.#members)
      for (const what of seen)
        if ('reason' in what) this.#violated('I10', `${name} was told of a gap in ${what.address}`)
    if (this.#reconnects > 0) this.#violated('I10', `${this.#reconnects} connections were lost`)
  }

  /** @throws InvariantError when something did not hold. */
  verify(faults: readonly Fault[] = []): void {
    this.#checkOwn()
    if (this.#checking && this.violations.length > 0)
      throw new InvariantError(this.violations, this.#report(faults))
  }

  #restart(slot: HubSlot): void {
    if (!slot.actor.dead) return
    this.#note(`${slot.name} starts again`)
    slot.start()
  }

  #report(faults: readonly Fault[]): string {
    const [first] = this.violations
    const lines = [
      `${first?.invariant} does not hold: ${first?.what}`,
      ...this.violations.slice(1, 5).map(({ invariant, what }) => `  also ${invariant}: ${what}`),
      `seed ${this.seed}, trace ${this.hash}`,
      ...(faults.length === 0 ? [] : ['faults:', ...faults.map((fault) => `  ${JSON.stringify(fault)}`)]),
      'the last that happened:',
      ...this.trace.tail(shownLines),
    ]
    return lines.join('\n')
  }

  #observe(name: string, view: ClientInvariants, what: Message | Gap | SnapshotEvent): void {
    if ('event' in what) {
      this.#note(`${name} gets ${what.event} ${what.id} at ${what.at} of ${what.address}`)
      view.message(what)
    } else if ('state' in what) {
      this.#note(`${name} takes a snapshot of ${what.address} at ${what.position[1]}`)
      view.snapshot(what)
    } else {
      this.#note(`${name} is told of a gap (${what.reason}) in ${what.address} up to ${what.to[1]}`)
      view.gap(what)
    }
  }

  note(text: string): void {
    this.#note(text)
  }

  #note(text: string): void {
    this.trace.add(this.#time.now, text)
  }

  #violated(invariant: string, what: string): void {
    this.#note(`VIOLATED ${invariant}: ${what}`)
    this.violations.push({ invariant, what })
  }

  #checkOwn(): void {
    for (const { name, holds } of this.#invariants) {
      const held = holds()
      if (held !== true) this.#violated(name, held)
    }
  }

  #checkRecovered(): void {
    for (const { name, client, open, view } of this.#members) {
      view.settled()
      if (client.status === 'closed') continue
      if (client.status !== 'connected') this.#violated('I14', `${name} is still ${client.status}`)
      if (open > 0) this.#violated('I6', `${open} sends of ${name} have not settled`)
      for (const [address, [epoch, at]] of Object.entries(client.positions)) {
        const page = this.#store.read(address, { before: null, limit: 1 })
        if (page.epoch !== epoch || page.top !== at)
          this.#violated(
            'I5',
            `${name} is at ${at} (${epoch}) of ${address}, which ends at ${page.top} (${page.epoch})`,
          )
      }
    }
    for (const { stream, at, id } of this.#acknowledged)
      if (this.#history.find(stream, at, id) === null)
        this.#violated('I9', `${id} was acknowledged at ${at} of ${stream}, which never had it`)
  }

  hubAt(index: number): AnyHub | null {
    return this.#hubs[index % this.#hubs.length]?.hub ?? null
  }

  clientAt(index: number): ReturnType<Targets['clientAt']> {
    const member = this.#members[index % this.#members.length]
    if (member === undefined) return null
    return { link: member.link, sleep: (duration) => this.#sleep(member, duration) }
  }

  #sleep(member: Member, duration: Duration): void {
    this.#note(`fault: ${member.name} sleeps for ${duration}`)
    member.actor.pause()
    this.#chance.timer(milliseconds(duration), () => member.actor.resume())
  }

  #dialer(
    hubs: readonly string[],
    { way, link }: { way: MemoryLink; link: LinkControl },
    actor: Actor,
  ): ClientOptions['dial'] {
    let next = 0
    return async (options) => {
      const dial = this.#network.dialer(hubs[next++ % hubs.length] ?? '', { link: way })
      return new GatedConnection(await dial(options), actor, (transmission) => link.delivered(transmission))
    }
  }

  async #pass(finished: () => boolean): Promise<void> {
    for (let idle = 0; !finished(); idle++) {
      await this.#driven
      await quiet()
      if (finished() || this.#driven !== null) {
        idle = 0
        continue
      }
      const stepped = await this.#time.next()
      if (idle > (stepped ? longestWait : longestStop))
        throw new Error('unable to finish the scenario: it waits for something that no time brings')
    }
  }

  async #drive(move: () => Promise<void>): Promise<void> {
    while (this.#driven !== null) await this.#driven
    const driven = move().finally(() => {
      this.#driven = null
    })
    this.#driven = driven.catch(() => {})
    await driven
  }

  #slot(hub: AnyHub): HubSlot {
    const slot = this.#hubs.find((one) => one.hub === hub || one.first === hub)
    if (slot === undefined) throw new RangeError('unable to find the hub: it is not of this world')
    return slot
  }

  #member(client: AnyClient): Member {
    const member = this.#members.find((one) => (one.client as AnyClient) === client)
    if (member === undefined) throw new RangeError('unable to find the client: it is not of this world')
    return member
  }
}

/** What draws a latency; `null` for none. */
function drawn(latency: DurationRange, random: Random): (() => number) | null {
  if (typeof latency !== 'object') {
    const fixed = milliseconds(latency)
    return fixed === 0 ? null : () => fixed
  }
  const [least, most] = [milliseconds(latency[0]), milliseconds(latency[1])]
  return () => random.between(least, most)
}

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
