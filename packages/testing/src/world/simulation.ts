import type {
  AnyContract,
  Client,
  ClientOptions,
  ClientStatus,
  Gap,
  Hub,
  HubOptions,
  Message,
  Runtime,
  Token,
  Untyped,
  User,
} from '@chat/core'
import { MemoryNetwork, MemoryStore } from '@chat/core/memory'
import { strike, type Targets } from '../faults/apply-fault.ts'
import { BackplaneControl } from '../faults/backplane-control.ts'
import type { Fault } from '../faults/faults.ts'
import { fakeGlobals } from '../globals/fake-globals.ts'
import { canRedirect, type GlobalHandler, redirectGlobals } from '../globals/global-calls.ts'
import { Guard } from '../globals/guard.ts'
import { Authorisation } from '../invariants/authorisation-invariant.ts'
import { LogHistory } from '../invariants/log-history.ts'
import { Attendance } from '../invariants/presence-invariant.ts'
import { Driver } from '../time/driver.ts'
import { type Duration, milliseconds } from '../time/duration.ts'
import { Random } from '../time/random.ts'
import { Spans } from '../time/time-spans.ts'
import { VirtualTime } from '../time/virtual-time.ts'
import { Verdict } from './run-report.ts'
import type { AnyClient, AnyHub, DurationRange, World, WorldLink, WorldOptions } from './world.ts'
import { WorldClients } from './world-clients.ts'
import { WorldHubs } from './world-hubs.ts'
import type { Ground } from './world-services.ts'

/** How much of a message's data the trace shows, in characters. */
const longestExcerpt = 60

/**
 * A world at work.
 *
 * @internal
 */
export class Simulation implements World, Targets {
  readonly seed: number
  readonly backplane: BackplaneControl
  readonly verdict: Verdict
  readonly #time: VirtualTime
  readonly #driver: Driver
  readonly #store: MemoryStore
  readonly #workload: Random
  readonly #chance: Runtime
  readonly #hubs: WorldHubs
  readonly #clients: WorldClients
  readonly #guard: Guard = new Guard()
  readonly #globals: GlobalHandler | null
  #recovering = false

  constructor(options: WorldOptions) {
    this.seed = options.seed ?? 1
    this.#time = new VirtualTime(this.seed)
    this.#driver = new Driver(this.#time)
    this.verdict = new Verdict(this.seed, () => this.#time.now, options.invariants ?? true)
    this.#workload = new Random(this.seed, 'workload')
    this.#chance = this.#time.runtime('world')
    const history = new LogHistory((invariant, what) => this.verdict.violated(invariant, what))
    const authorisation = new Authorisation({
      time: this.#time,
      hubs: () => this.#hubs.all,
      clients: () => this.#clients.all,
      lossy: (from, to) => this.backplane.lossy(from, to),
      note: (text) => this.note(text),
      violated: (invariant, what) => this.verdict.violated(invariant, what),
    })
    const silence = new Spans()
    this.#store = this.#makeStore(history, authorisation)
    this.backplane = this.#makeBackplane(history, silence, options)
    const ground: Ground = {
      time: this.#time,
      chance: this.#chance,
      network: new MemoryNetwork(this.#time.runtime('network', { work: true }), {
        latency: drawn(options.latency ?? [1, 20], new Random(this.seed, 'latency')) ?? (() => 0),
      }),
      backplane: this.backplane,
      history,
      authorisation,
      attendance: new Attendance({
        time: this.#time,
        silence,
        clients: () => this.#clients.all,
        violated: (invariant, what) => this.verdict.violated(invariant, what),
      }),
      silence,
      verdict: this.verdict,
    }
    this.#hubs = new WorldHubs(ground)
    this.#clients = new WorldClients(ground, this.#store)
    this.#globals = this.#answering(options)
  }

  get now(): number {
    return this.#time.now
  }

  get hash(): string {
    return this.verdict.trace.hash
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
    return this.#hubs.start(options, setup)
  }

  async client<C extends AnyContract = Untyped, U extends User = User>(
    hub: Hub<C, U> | readonly Hub<C, U>[],
    token: Token,
    options: Partial<Omit<ClientOptions<C>, 'token'>> = {},
  ): Promise<Client<C>> {
    const hubs = (Array.isArray(hub) ? hub : [hub]).map((one) => this.#hubs.nameOf(one))
    return this.#clients.connect(hubs, token, options)
  }

  link(client: AnyClient): WorldLink {
    return this.#clients.of(client).link
  }

  crash(hub: AnyHub, options: { readonly restart?: Duration; readonly seen?: Duration | null } = {}): void {
    this.#hubs.crash(hub, options)
  }

  pause(hub: AnyHub, duration: Duration): void {
    this.#hubs.pause(hub, duration)
  }

  skew(hub: AnyHub, rate: number, duration: Duration): void {
    this.#hubs.skew(hub, rate, duration)
  }

  inject(fault: Fault): void {
    this.#chance.timer(fault.at, () => {
      if (!this.#recovering) strike(fault, this)
    })
  }

  async advance(duration: Duration): Promise<void> {
    await this.#driver.drive((time) => time.advance(milliseconds(duration)))
    this.verdict.check()
  }

  async settle(): Promise<void> {
    await this.#driver.drive((time) => time.settle())
  }

  seen<Data = unknown>(client: AnyClient, address: string): readonly Message<Data>[] {
    const { seen } = this.#clients.of(client)
    const messages = seen.filter((what) => what.address === address && 'event' in what)
    return messages as unknown as Message<Data>[]
  }

  gaps(client: AnyClient, address: string): readonly Gap[] {
    const { seen } = this.#clients.of(client)
    return seen.filter((what): what is Gap => what.address === address && 'reason' in what)
  }

  statuses(client: AnyClient): readonly ClientStatus[] {
    return this.#clients.of(client).statuses
  }

  runtime(actor: string): Runtime {
    return this.#time.runtime(actor)
  }

  random(): number {
    return this.#workload.next()
  }

  invariant(name: string, holds: () => true | string): void {
    this.verdict.invariant(name, holds)
  }

  sometimes(name: string): void {
    this.verdict.sometimes(name)
  }

  note(text: string): void {
    this.verdict.note(text)
  }

  hubAt(index: number): AnyHub | null {
    return this.#hubs.at(index)
  }

  clientAt(index: number): ReturnType<Targets['clientAt']> {
    return this.#clients.at(index)
  }

  /**
   * Runs a scenario to its end, and closes everything. While it waits for something else than time, time passes by itself.
   *
   * @throws GuardError when it has touched what is not the world's; InvariantError when something did not hold and it failed then; whatever it throws.
   */
  async run(scenario: (w: World) => Promise<void> | void): Promise<void> {
    const play = async (): Promise<{ error: unknown } | null> => {
      const stopped = (): boolean => this.#guard.failure !== null
      const failure = await failureOf(this.#driver.run(async () => scenario(this), stopped))
      // Before closing adds lines to the trace that nobody looks for.
      if (failure === null) this.verdict.check()
      else this.verdict.wrong()
      return failure ?? (await failureOf(this.#close()))
    }
    const handler = this.#globals
    const failure = handler === null ? await play() : await redirectGlobals(handler, play)
    // What follows from a call that was refused is not worth telling.
    if (this.#guard.failure !== null) throw this.#guard.failure
    if (failure === null) return
    // What did not hold before is why.
    this.verdict.pronounce()
    throw failure.error
  }

  /** Ends every fault, lets everything recover, and checks that it has (I5, I6, I7, I9, I11, I14). */
  async recover(patience: Duration = '120s'): Promise<void> {
    this.note('every fault is over')
    this.#recovering = true
    this.#clients.recover()
    this.backplane.heal()
    this.#hubs.recover()
    await this.advance(patience)
    this.#clients.checkRecovered()
  }

  /** Without faults there is nothing to be told of (I10). */
  expectCalm(): void {
    this.#clients.checkCalm()
  }

  /** @throws InvariantError when something did not hold. */
  verify(): void {
    this.verdict.check()
    this.verdict.pronounce()
  }

  async #close(): Promise<void> {
    this.#clients.close()
    const closing = this.#hubs.close()
    await this.#time.advance(10_000)
    await closing
    const { tails, channels } = this.#store.usage
    if (tails + channels > 0) this.verdict.violated('I13', `${tails} tails and ${channels} channels are left`)
  }

  /** Who answers for the platform's globals; `null` for themselves. */
  #answering({ guard = true, fakeGlobals: faking = false }: WorldOptions): GlobalHandler | null {
    if (!faking) return guard ? (call) => this.#guard.handle(call) : null
    if (!canRedirect)
      throw new Error('unable to fake the globals: this platform does not tell whose code runs')
    return fakeGlobals({
      runtime: this.#time.runtime('globals'),
      work: this.#time.runtime('immediates', { work: true }),
    })
  }

  #makeStore(history: LogHistory, authorisation: Authorisation): MemoryStore {
    return new MemoryStore(this.#time.runtime('store'), {
      observe: (stream, epoch, { at, id, event, data }) => {
        this.note(`${stream} takes ${id} at ${at} (${epoch}): ${event} ${excerpt(data)}`)
        history.append(stream, at, id)
        authorisation.stored(stream, id)
      },
    })
  }

  #makeBackplane(
    history: LogHistory,
    silence: Spans,
    { backplaneLatency = [0, 5] }: WorldOptions,
  ): BackplaneControl {
    return new BackplaneControl(this.#store, {
      history,
      silence,
      runtime: this.#chance,
      network: this.#time.runtime('backplane network', { work: true }),
      random: new Random(this.seed, 'backplane faults'),
      sometimes: (situation) => this.sometimes(situation),
      latency: drawn(backplaneLatency, new Random(this.seed, 'backplane latency')),
      note: (text) => this.note(text),
    })
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

/** What the trace shows of a message: different words make a different run. */
function excerpt(data: unknown): string {
  const json = JSON.stringify(data) ?? ''
  return json.length > longestExcerpt ? `${json.slice(0, longestExcerpt)}…` : json
}

/** How something failed; `null` when it did not. */
const failureOf = (part: Promise<void>): Promise<{ error: unknown } | null> =>
  part.then(
    () => null,
    (error: unknown) => ({ error }),
  )
