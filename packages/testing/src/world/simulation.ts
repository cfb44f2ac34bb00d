import type {
  AnyContract,
  Client,
  ClientOptions,
  ClientStatus,
  Delivery,
  Gap,
  Hub,
  HubOptions,
  Runtime,
  Token,
  Undo,
  Untyped,
  User,
} from '@chat/core'
import { MemoryNetwork, MemoryStore } from '@chat/core/memory'
import { checkObject, checkOptionsWithHint, type OptionNames } from '@chat/core/transport'
import { checkFunctionArgument, checkNumber, checkTextArgument, finite, rates } from '../check-arguments.ts'
import type { AnyHub } from '../faults/any-hub.ts'
import { applyFault } from '../faults/apply-fault.ts'
import { BackplaneControl, type BackplaneControlOptions } from '../faults/backplane-control.ts'
import type { FaultTargets, FaultyClient } from '../faults/fault-targets.ts'
import { checkFaultKinds, type Fault } from '../faults/faults.ts'
import type { WorldLink } from '../faults/world-link.ts'
import { fakeGlobals } from '../globals/fake-globals.ts'
import {
  canRedirectGlobals,
  type GlobalHandler,
  type GlobalUser,
  redirectGlobals,
} from '../globals/global-calls.ts'
import { Guard } from '../globals/guard.ts'
import { AuthorisationInvariant } from '../invariants/authorisation-invariant.ts'
import { LogHistory } from '../invariants/log-history.ts'
import { PresenceInvariant } from '../invariants/presence-invariant.ts'
import { RunReport } from '../report/run-report.ts'
import { Driver } from '../time/driver.ts'
import { type Duration, milliseconds } from '../time/duration.ts'
import { Random } from '../time/random.ts'
import { TimeSpans } from '../time/time-spans.ts'
import { VirtualTime } from '../time/virtual-time.ts'
import type { DurationRange, WorldOptions } from './options.ts'
import type { AnyClient, World } from './world.ts'
import { type ClientRecord, connected, WorldClients } from './world-clients.ts'
import { type HubSlot, WorldHubs } from './world-hubs.ts'
import type { WorldServices } from './world-services.ts'

/** Maximum number of characters of a message's data in the trace. */
const longestExcerpt = 60

const crashOptionNames: OptionNames<NonNullable<Parameters<World['crash']>[1]>> = {
  restart: true,
  seen: true,
}

/** The implementation of a world, with the steps that `world` and `explore` run it by. */
export class Simulation implements World, FaultTargets {
  readonly seed: number
  readonly backplane: BackplaneControl
  readonly report: RunReport
  readonly #time: VirtualTime
  readonly #driver: Driver
  readonly #store: MemoryStore
  readonly #workload: Random
  readonly #runtime: Runtime
  readonly #hubs: WorldHubs
  readonly #clients: WorldClients
  readonly #guard: Guard = new Guard()
  readonly #globals: GlobalUser | null
  #recovering = false

  constructor(options: WorldOptions) {
    this.seed = options.seed ?? 1
    this.#time = new VirtualTime(this.seed)
    this.#driver = new Driver(this.#time)
    this.report = new RunReport(this.seed, () => this.#time.now, options.invariants ?? true)
    this.#workload = new Random(this.seed, 'workload')
    this.#runtime = this.#time.runtime('world')
    const { report } = this
    const history = new LogHistory((invariant, detail) => report.addViolation(invariant, detail))
    const clients: ClientRecord[] = []
    const hubs: HubSlot[] = []
    const lostHints = new TimeSpans()
    const missedRenewals = new TimeSpans()
    const facts = { time: this.#time, report, clients, hubs, lostHints, missedRenewals }
    const authorisation = new AuthorisationInvariant(facts)
    this.#store = this.#makeStore(options, { history, authorisation })
    this.backplane = this.#makeBackplane(options, { history, lostHints, missedRenewals })
    const services: WorldServices = {
      time: this.#time,
      runtime: this.#runtime,
      network: this.#makeNetwork(options),
      backplane: this.backplane,
      history,
      authorisation,
      presence: new PresenceInvariant(facts),
      missedRenewals,
      report,
    }
    this.#hubs = new WorldHubs(services, hubs)
    this.#clients = new WorldClients(services, this.#store, clients)
    const answer = this.#globalHandler(options)
    this.#globals = answer && { answer, hold: (work) => this.#time.hold(work) }
  }

  get now(): number {
    return this.#time.now
  }

  get hash(): string {
    return this.report.trace.hash
  }

  /** Number of callbacks that have run; the speed of a simulation is counted in them. */
  get steps(): number {
    return this.#time.steps
  }

  /** Calls `watcher` after each callback of the run. Returns the function that ends it. */
  watchSteps(watcher: () => void): Undo {
    return this.#time.watchSteps(watcher)
  }

  get streams(): readonly string[] {
    return this.#store.streams
  }

  hub<C extends AnyContract = Untyped, U extends User = User>(
    options: HubOptions<C, U> = {},
    setup: (hub: Hub<C, U>) => void = () => {},
  ): Hub<C, U> {
    checkObject('start the hub', 'options', options)
    checkFunctionArgument('start the hub', 'setup', setup)
    return this.#hubs.startHub(options, setup)
  }

  async client<C extends AnyContract = Untyped, U extends User = User>(
    hub: Hub<C, U> | readonly Hub<C, U>[],
    token: Token,
    options: Partial<Omit<ClientOptions<C>, 'token'>> = {},
  ): Promise<Client<C>> {
    const client = this.startClient(hub, token, options)
    await connected(client)
    return client
  }

  /** Makes a client, and returns it before it is connected. */
  startClient<C extends AnyContract = Untyped, U extends User = User>(
    hub: Hub<C, U> | readonly Hub<C, U>[],
    token: Token,
    options: Partial<Omit<ClientOptions<C>, 'token'>> = {},
  ): Client<C> {
    const hubs = (Array.isArray(hub) ? hub : [hub]).map((each) => this.#hubs.nameOf(each))
    return this.#clients.startClient(hubs, token, options)
  }

  link(client: AnyClient): WorldLink {
    return this.#clients.recordOf(client).link
  }

  crash(
    hub: AnyHub,
    options: { readonly restart?: Duration | undefined; readonly seen?: Duration | null | undefined } = {},
  ): void {
    checkOptionsWithHint('crash the hub', options, crashOptionNames)
    this.#hubs.crashHub(hub, options)
  }

  pause(hub: AnyHub, duration: Duration): void {
    this.#hubs.pauseHub(hub, duration)
  }

  skew(hub: AnyHub, rate: number, duration: Duration): void {
    checkNumber('skew the clock', 'rate', rate, rates)
    this.#hubs.skewHub(hub, rate, duration)
  }

  shiftClock(hub: AnyHub, ahead: number, duration: Duration): void {
    checkNumber('shift the clock', 'ahead', ahead, finite)
    this.#hubs.shiftClock(hub, ahead, duration)
  }

  inject(fault: Fault): void {
    checkFaultKinds('inject the fault', [fault?.kind])
    checkNumber('inject the fault', 'at', fault.at, finite)
    this.#runtime.timer(fault.at, () => {
      if (!this.#recovering) applyFault(fault, this)
    })
  }

  async advance(duration: Duration): Promise<void> {
    await this.#driver.passTime((time) => time.advance(milliseconds(duration)))
    this.report.checkInvariants()
  }

  async settle(): Promise<void> {
    await this.#driver.passTime((time) => time.settle())
  }

  hold<T>(work: Promise<T>): Promise<T> {
    return this.#time.hold(work)
  }

  seen<Data = unknown>(client: AnyClient, address: string): readonly Delivery<Data>[] {
    const { observed } = this.#clients.recordOf(client)
    const messages = observed.filter((event) => event.address === address && 'event' in event)
    return messages as unknown as Delivery<Data>[]
  }

  gaps(client: AnyClient, address: string): readonly Gap[] {
    const { observed } = this.#clients.recordOf(client)
    return observed.filter((event): event is Gap => event.address === address && 'reason' in event)
  }

  statuses(client: AnyClient): readonly ClientStatus[] {
    return this.#clients.recordOf(client).statuses
  }

  runtime(actor: string): Runtime {
    checkTextArgument('make the runtime', 'actor', actor)
    return this.#time.runtime(actor)
  }

  random(): number {
    return this.#workload.next()
  }

  invariant(name: string, holds: () => true | string): void {
    checkTextArgument('add the invariant', 'name', name)
    checkFunctionArgument('add the invariant', 'holds', holds)
    this.report.addInvariant(name, holds)
  }

  sometimes(name: string): void {
    checkTextArgument('note the situation', 'name', name)
    this.report.addSituation(name)
  }

  note(text: string): void {
    this.report.note(text)
  }

  hubAt(index: number): AnyHub | null {
    return this.#hubs.hubAt(index)
  }

  clientAt(index: number): FaultyClient | null {
    return this.#clients.targetAt(index)
  }

  /**
   * Runs a scenario to its end, and closes all hubs and clients. Time advances by itself while the scenario
   * waits for a promise.
   *
   * @throws GuardError when code under test has used a real clock, timer or random source; InvariantError
   *   when the scenario failed after a violation; else the scenario's own error.
   */
  async run(scenario: (w: World) => Promise<void> | void): Promise<void> {
    const play = async (): Promise<{ error: unknown } | null> => {
      const stopped = (): boolean => this.#guard.failure !== null
      const failure = await failureOf(this.#driver.runScenario(async () => scenario(this), stopped))
      // Before the lines of closing, which a report need not show.
      if (failure === null) this.report.checkInvariants()
      else this.report.keepExcerpt()
      return failure ?? (await failureOf(this.#close()))
    }
    const user = this.#globals
    const failure = user === null ? await play() : await redirectGlobals(user, play)
    // Later failures follow from the refused call.
    if (this.#guard.failure !== null) throw this.#guard.failure
    if (failure === null) return
    // An earlier violation is the likely cause of the failure.
    this.report.throwViolations()
    throw failure.error
  }

  /** Ends every fault, waits, and checks that clients and hubs have recovered (I5, I6, I7, I9, I11, I14). */
  async recover(duration: Duration = '120s'): Promise<void> {
    this.note('every fault is over')
    this.#recovering = true
    this.#clients.recoverAll()
    this.backplane.heal()
    this.#hubs.recoverAll()
    await this.advance(duration)
    this.#clients.checkRecovered()
  }

  /** Checks a run without faults (I10). */
  checkUndisturbed(): void {
    this.#clients.checkUndisturbed()
  }

  /** @throws InvariantError when there is a violation. */
  throwViolations(): void {
    this.report.checkInvariants()
    this.report.throwViolations()
  }

  async #close(): Promise<void> {
    this.#clients.closeAll()
    const closing = this.#hubs.closeAll()
    await this.#time.advance(10_000)
    await closing
    const { tails, channels } = this.#store.usage
    if (tails + channels > 0)
      this.report.addViolation('I13', `${tails} tails and ${channels} channels are left`)
  }

  /** Returns the handler of the platform's globals; `null` to leave the globals alone. */
  #globalHandler({ guard = true, fakeGlobals: faking = false }: WorldOptions): GlobalHandler | null {
    if (!faking) return guard ? (call) => this.#guard.handle(call) : null
    if (!canRedirectGlobals)
      throw new Error(
        'unable to fake the globals: this platform does not tell which run executing code belongs to; run the test on Node, Bun or Deno',
      )
    return fakeGlobals({
      runtime: this.#time.runtime('globals'),
      work: this.#time.runtime('immediates', { work: true }),
    })
  }

  #makeStore(
    { log = {} }: WorldOptions,
    { history, authorisation }: Pick<WorldServices, 'history' | 'authorisation'>,
  ): MemoryStore {
    return new MemoryStore(this.#time.runtime('store'), {
      ...log,
      observe: (stream, epoch, entry) => {
        const { at, id, event, data, meta } = entry
        const about = meta === null ? '' : ` ${excerpt(meta)}`
        this.note(`${stream} takes ${id} at ${at} (${epoch}): ${event} ${excerpt(data)}${about}`)
        history.appendMessage(stream, entry)
        authorisation.messageStored(stream, id)
      },
    })
  }

  #makeNetwork({ latency = [1, 20] }: WorldOptions): MemoryNetwork {
    return new MemoryNetwork(this.#time.runtime('network', { work: true }), {
      latency: drawn(latency, new Random(this.seed, 'latency')) ?? (() => 0),
    })
  }

  #makeBackplane(
    { backplaneLatency = [0, 5] }: WorldOptions,
    records: Pick<BackplaneControlOptions, 'history' | 'lostHints' | 'missedRenewals'>,
  ): BackplaneControl {
    return new BackplaneControl(this.#store, {
      ...records,
      runtime: this.#runtime,
      network: this.#time.runtime('backplane network', { work: true }),
      random: new Random(this.seed, 'backplane faults'),
      sometimes: (situation) => this.sometimes(situation),
      latency: drawn(backplaneLatency, new Random(this.seed, 'backplane latency')),
      note: (text) => this.note(text),
    })
  }
}

/** Returns a function that draws a latency; `null` for no latency. */
function drawn(latency: DurationRange, random: Random): (() => number) | null {
  if (typeof latency !== 'object') {
    const fixed = milliseconds(latency)
    return fixed === 0 ? null : () => fixed
  }
  const [least, most] = [milliseconds(latency[0]), milliseconds(latency[1])]
  return () => random.between(least, most)
}

/**
 * Returns the start of a message's data for the trace, so that runs with different data have different
 * hashes.
 */
function excerpt(json: string): string {
  return json.length > longestExcerpt ? `${json.slice(0, longestExcerpt)}…` : json
}

/** Returns the error of a promise that rejects; `null` when it resolves. */
const failureOf = (part: Promise<void>): Promise<{ error: unknown } | null> =>
  part.then(
    () => null,
    (error: unknown) => ({ error }),
  )
