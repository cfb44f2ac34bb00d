import { join } from 'node:path'
import { Client } from '@chat/core'
import { dial } from '@chat/node-ws'
import type { BackplaneSpec } from '../brokers/backplane-spec.ts'
import { removeFolder, temporaryFolder } from '../brokers/broker-process.ts'
import type { Census } from '../brokers/hub-messages.ts'
import { HubProcess } from '../brokers/hub-process.ts'
import type { LogCopy } from '../brokers/journal.ts'
import { hasReached, judge, type Verdict } from '../brokers/judge.ts'
import { Participant } from '../brokers/participant.ts'
import { openLogReader } from '../brokers/read-log.ts'
import { RedisServer } from '../brokers/redis-server.ts'
import { pause, until } from '../brokers/until.ts'
import { FaultProxy } from '../fault-proxy.ts'
import { Seeded } from './seeded.ts'
import { Truth } from './truth.ts'
import { Weather } from './weather.ts'

/** Options of a soak. Durations are in milliseconds. */
export interface SoakOptions {
  readonly duration: number
  readonly seed: number
  /** `redis` for two hubs over a Redis server, `sqlite` for one over a file. */
  readonly backplane: 'redis' | 'sqlite'
  /** Called with a line of progress. */
  tell(line: string): void
}

/** Outcome of a soak. */
export interface SoakOutcome {
  readonly verdict: Verdict
  /** What each hub holds: after its last start with all clients, and after all clients have left. */
  readonly memory: readonly { readonly before: Census; readonly after: Census }[]
  readonly crashes: readonly string[]
  readonly restarts: number
  readonly visitors: number
  readonly faults: Readonly<Record<string, number>>
}

/** Clients of each transport at each hub, and the time between two of their messages. */
const clientsEach = 2
const interval = 100
/** Time between two visitors, and between two looks at the log. */
const visitInterval = 250
const readInterval = 10_000
/** Share of the run after which hubs are started again no more, so that their memory can be compared. */
const lastStarts = 0.6
/** Time in which hubs and clients get used to each other before their memory is looked at. */
const warmUp = 5_000
/** Time in which all sends settle: more than a client repeats one. */
const settleTime = 80_000
const catchUpTime = 40_000
/** Time in which a hub lets go of connections whose clients have left, also of those that a fault has cut. */
const afterTime = 15_000

/** Hubs that restart, and clients that talk to them through proxies which apply faults by a seed. */
export class Soak {
  readonly #options: SoakOptions
  readonly #random: Seeded
  readonly #hubs: HubProcess[] = []
  readonly #past: HubProcess[] = []
  readonly #proxies: FaultProxy[] = []
  readonly #participants: Participant[] = []
  readonly #weathers: Weather[] = []
  readonly #ends: (() => unknown)[] = []
  readonly #until: number
  #truth: Truth | null = null
  #visitors = 0

  private constructor(options: SoakOptions) {
    this.#options = options
    this.#random = new Seeded(options.seed)
    this.#until = performance.now() + options.duration
  }

  /** Runs a soak to its end. */
  static async run(options: SoakOptions): Promise<SoakOutcome> {
    const soak = new Soak(options)
    try {
      await soak.#start()
      return await soak.#toTheEnd()
    } finally {
      await soak.#close()
    }
  }

  async #start(): Promise<void> {
    const specs = await this.#specs()
    for (const backplane of specs) {
      const hub = await HubProcess.start({ backplane })
      this.#hubs.push(hub)
      this.#proxies.push(await FaultProxy.start(hub.port))
    }
    const [judged] = specs
    if (judged === undefined) throw new Error('unable to soak: there is no hub')
    const reader = await openLogReader(judged, this.#hubs[0]?.port ?? 0)
    this.#ends.push(() => reader.close())
    this.#truth = new Truth(reader)
    await this.#enter()
  }

  async #specs(): Promise<BackplaneSpec[]> {
    if (this.#options.backplane === 'sqlite') {
      const folder = temporaryFolder()
      this.#ends.push(() => removeFolder(folder))
      return [{ kind: 'sqlite', file: join(folder, 'chat.db') }]
    }
    const redis = await RedisServer.start()
    this.#ends.push(() => redis.close())
    const spec: BackplaneSpec = { kind: 'redis', options: { url: redis.url, prefix: 'soak' } }
    return [spec, spec]
  }

  async #enter(): Promise<void> {
    const ports = this.#proxies.map(({ port }) => port)
    const joins = this.#proxies.flatMap((_, first) =>
      (['ws', 'http'] as const).flatMap((transport) =>
        Array.from({ length: clientsEach }, (_, n) =>
          Participant.join({ name: `${transport}-${first}-${n}`, transport, ports, first }),
        ),
      ),
    )
    this.#participants.push(...(await Promise.all(joins)))
  }

  async #toTheEnd(): Promise<SoakOutcome> {
    for (const participant of this.#participants) participant.talk(interval)
    for (const hub of this.#hubs) hub.command({ type: 'tick', every: interval * 5 })
    this.#weathers.push(...this.#proxies.map((proxy) => new Weather(proxy, this.#branch())))
    const faults = this.#weathers.map((weather) => weather.blow())
    const parts = [this.#restart(this.#branch()), this.#visit(), this.#watch()]
    const [before] = await Promise.all(parts as [Promise<Census[]>, ...Promise<void>[]])
    for (const weather of this.#weathers) weather.clear()
    await Promise.all(faults)
    const log = await this.#settle()
    const verdict = this.#judge(log)
    for (const participant of this.#participants) participant.close()
    await pause(afterTime)
    const after = await Promise.all(this.#hubs.map((hub) => hub.census()))
    return {
      verdict,
      memory: after.map((now, n) => ({ before: before[n] ?? now, after: now })),
      crashes: this.#all.filter(({ running, ended }) => !running && !ended).map(({ output }) => output),
      restarts: this.#past.length,
      visitors: this.#visitors,
      faults: sumOf(this.#weathers.map(({ counts }) => counts)),
    }
  }

  /** Ends hubs and starts them again. Resolves with what each holds after the last start. */
  async #restart(random: Seeded): Promise<Census[]> {
    const last = this.#until - this.#options.duration * (1 - lastStarts)
    for (;;) {
      await pause(random.between(8_000, 20_000))
      if (performance.now() > last) break
      const n = random.between(0, this.#hubs.length - 1)
      const old = this.#hubs[n]
      if (old === undefined) break
      await (random.next() < 0.5 ? old.kill() : old.terminate())
      this.#past.push(old)
      const hub = await HubProcess.start({ ...old.options, port: old.port })
      this.#hubs[n] = hub
      hub.command({ type: 'tick', every: interval * 5 })
    }
    await pause(warmUp)
    return Promise.all(this.#hubs.map((hub) => hub.census()))
  }

  /** Lets visitors come and go: clients that join the room, and leave at once. */
  async #visit(): Promise<void> {
    while (performance.now() < this.#until) {
      const port = this.#proxies[this.#visitors % this.#proxies.length]?.port
      const client = new Client({
        dial: dial(`http://127.0.0.1:${port}/chat`),
        token: `visitor-${this.#visitors++}`,
      })
      client.join(`#visitors-${this.#visitors % 20}`).ready.then(
        () => client.close(),
        () => client.close(),
      )
      setTimeout(() => client.close(), 10_000).unref()
      await pause(visitInterval)
    }
  }

  /** Follows the log, and tells the progress. */
  async #watch(): Promise<void> {
    while (performance.now() < this.#until) {
      await pause(Math.min(readInterval, Math.max(0, this.#until - performance.now())))
      // A hub may be about to start again.
      await this.#truth?.read().catch(() => null)
      this.#options.tell(this.#progress())
    }
  }

  #progress(): string {
    const left = Math.max(0, Math.round((this.#until - performance.now()) / 1_000))
    const sent = this.#sent()
    const open = sent.filter(({ settledAt }) => settledAt === null).length
    const seen = this.#participants.reduce((sum, { journal }) => sum + journal.seen.length, 0)
    const faults = Object.values(sumOf(this.#weathers.map(({ counts }) => counts))).reduce((a, b) => a + b, 0)
    return `${left} s left: ${sent.length} sends, ${open} open, ${seen} deliveries, ${faults} faults, ${this.#past.length} restarts, ${this.#visitors} visitors`
  }

  /** Ends the traffic, and waits until every send has settled and every reader is at the end of the log. */
  async #settle(): Promise<LogCopy> {
    for (const participant of this.#participants) participant.quiet()
    for (const hub of this.#hubs) hub.command({ type: 'quiet' })
    const senders = [...this.#participants, ...this.#hubs]
    const settled = (): boolean =>
      senders.every(({ sent }) => sent.every(({ settledAt }) => settledAt !== null))
    await until('that all sends have settled', settled, settleTime).catch(() => {})
    const read = async (): Promise<LogCopy | undefined> => this.#truth?.read()
    let log = await read()
    const reached = async (): Promise<boolean> => {
      const copy = await read()
      if (copy === undefined) return false
      log = copy
      return this.#participants.every(({ journal }) => hasReached(journal, copy))
    }
    await until('that all readers have reached the end of the log', reached, catchUpTime).catch(() => {})
    if (log === undefined) throw new Error('unable to read the log')
    return log
  }

  #judge(log: LogCopy): Verdict {
    return judge({
      sent: this.#sent(),
      readers: this.#participants.map(({ journal }) => journal),
      log,
      killed: new Set(this.#past.map(({ node }) => node)),
    })
  }

  get #all(): HubProcess[] {
    return [...this.#hubs, ...this.#past]
  }

  #sent(): Participant['sent'][number][] {
    return [...this.#participants, ...this.#all].flatMap(({ sent }) => sent)
  }

  /** Returns random choices of their own for a part that runs beside others. */
  #branch(): Seeded {
    return new Seeded(this.#random.between(0, 2 ** 32 - 1))
  }

  async #close(): Promise<void> {
    for (const participant of this.#participants) participant.close()
    await Promise.all(this.#proxies.map((proxy) => proxy.close()))
    await Promise.all(this.#all.map((hub) => hub.kill()))
    for (const end of this.#ends) await end()
  }
}

function sumOf(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {}
  for (const counts of all)
    for (const [name, count] of Object.entries(counts)) sum[name] = (sum[name] ?? 0) + count
  return sum
}
