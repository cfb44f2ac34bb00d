import { onTestFinished } from 'vitest'
import type { BackplaneSpec } from './backplane-spec.ts'
import type { HubProgramOptions } from './hub-messages.ts'
import { HubProcess } from './hub-process.ts'
import type { LogCopy, SentRecord } from './journal.ts'
import { hasReached, judge, type Verdict } from './judge.ts'
import { Participant, type Transport } from './participant.ts'
import { type LogReader, openLogReader } from './read-log.ts'
import { pause, until } from './until.ts'

/** Interval at which each participant and each hub sends, in milliseconds. */
const interval = 40
/** Time after which a send counts as never settled: more than a client repeats it. */
const settleTime = 75_000
/** Time in which readers reach the end of the log: more than the interval at which hubs compare positions. */
const catchUpTime = 20_000
const transports: readonly Transport[] = ['ws', 'http']

/** Options of a {@link FaultRun}. */
export interface FaultRunOptions {
  /** The backplane of each hub. */
  readonly backplanes: readonly BackplaneSpec[]
  /** The backplane through which the judge reads the log. Default: that of the first hub. */
  readonly judged?: BackplaneSpec
}

/**
 * Hubs in processes of their own, with clients of both transports at each hub. Clients and hubs send to a
 * room, and the clients read it, while a test breaks things.
 */
export class FaultRun {
  /** All hubs of the run, also those that have ended. */
  readonly hubs: HubProcess[] = []
  readonly participants: Participant[] = []
  /** Ports of the hubs that accept clients. A client that reconnects turns to the next. */
  readonly ports: number[] = []
  readonly #judged: BackplaneSpec
  #backAt: number | null = null

  private constructor(judged: BackplaneSpec) {
    this.#judged = judged
  }

  /** Starts hubs and clients, and resolves when messages of all of them flow. The test's end ends them. */
  static async start({ backplanes, judged = backplanes[0] }: FaultRunOptions): Promise<FaultRun> {
    if (judged === undefined) throw new Error('unable to start a run: it has no hub')
    const run = new FaultRun(judged)
    onTestFinished(() => run.#close())
    const hubs = await Promise.all(backplanes.map((backplane) => run.#add({ backplane })))
    run.hubs.splice(0, hubs.length, ...hubs)
    run.ports.splice(0, hubs.length, ...hubs.map(({ port }) => port))
    const joins = run.hubs.flatMap((_, first) => transports.map((transport) => run.#join(transport, first)))
    run.participants.push(...(await Promise.all(joins)))
    run.talk()
    await run.flowing()
    return run
  }

  /** Starts a further hub, and lets clients connect to it. */
  async startHub(backplane: BackplaneSpec, port?: number): Promise<HubProcess> {
    const hub = await this.#add(port === undefined ? { backplane } : { backplane, port })
    hub.command({ type: 'tick', every: interval })
    return hub
  }

  /** Keeps clients from turning to a hub. */
  withdraw(hub: HubProcess): void {
    this.ports.splice(this.ports.indexOf(hub.port), 1)
  }

  /** Lets all participants and hubs send. */
  talk(): void {
    for (const participant of this.participants) participant.talk(interval)
    for (const hub of this.hubs) hub.command({ type: 'tick', every: interval })
  }

  /** Resolves after a time during which all send, in milliseconds. */
  flow(time: number): Promise<void> {
    return pause(time)
  }

  /** Marks the moment at which the broker is reachable again: from here on sends must flow within 5 s. */
  back(): void {
    this.#backAt = performance.now()
  }

  /** Resolves when each participant and each running hub has had a message of its own stored from now on. */
  async flowing(patience = 30_000): Promise<void> {
    const now = performance.now()
    const stored = ({ settledAt, position }: SentRecord): boolean =>
      position !== null && settledAt !== null && settledAt > now
    for (const { sent, name } of this.#senders())
      await until(`messages of ${name} that are stored`, () => sent.some(stored), patience).catch((cause) => {
        throw new Error(`${cause.message}; errors: ${this.errors.slice(-20).join('\n')}`, { cause })
      })
  }

  /** Number of messages that have been stored so far. */
  get stored(): number {
    return this.#sent().filter(({ position }) => position !== null).length
  }

  /** Ends the traffic, waits until it has settled, and judges the run. */
  async finish(): Promise<Verdict> {
    for (const participant of this.participants) participant.quiet()
    for (const hub of this.hubs) hub.command({ type: 'quiet' })
    await this.#settled()
    const reader = await openLogReader(this.#judged, this.ports[0] ?? 0)
    try {
      await this.#caughtUp(reader)
      return this.#judge(await readSoon(reader))
    } finally {
      await reader.close()
    }
  }

  /** Hubs that have ended although no test has ended them, with their output. */
  get crashes(): readonly string[] {
    return this.hubs.filter(({ running, ended }) => !running && !ended).map(({ output }) => output)
  }

  /** Names of the clients that do not see all clients in the room. */
  get blind(): readonly string[] {
    const users = this.participants.map(({ name }) => name)
    return this.participants.filter((participant) => !participant.sees(users)).map(({ name }) => name)
  }

  /** Errors that hubs and clients have reported, each once. */
  get errors(): readonly string[] {
    const all = [...this.hubs, ...this.participants].flatMap(({ errors }) => errors)
    return [...new Set(all)]
  }

  async #add(options: HubProgramOptions): Promise<HubProcess> {
    const hub = await HubProcess.start(options)
    this.hubs.push(hub)
    if (!this.ports.includes(hub.port)) this.ports.push(hub.port)
    return hub
  }

  async #join(transport: Transport, first: number): Promise<Participant> {
    const name = `${transport}-${first + 1}`
    return Participant.join({ name, transport, ports: this.ports, first })
  }

  #senders(): { readonly name: string; readonly sent: readonly SentRecord[] }[] {
    const hubs = this.hubs.filter(({ running }) => running)
    return [...this.participants, ...hubs.map(({ node, sent }) => ({ name: `hub ${node}`, sent }))]
  }

  #sent(): SentRecord[] {
    return [...this.participants, ...this.hubs].flatMap(({ sent }) => sent)
  }

  /** Waits until all sends have settled, except those of killed hubs. */
  #settled(): Promise<void> {
    const alive = [...this.participants, ...this.hubs.filter(({ killed }) => !killed)]
    const settled = (): boolean =>
      alive.every(({ sent }) => sent.every(({ settledAt }) => settledAt !== null))
    return until('that all sends have settled', settled, settleTime).catch(() => {})
  }

  /**
   * Waits until all readers have reached the end of the log, and see each other. The test says it if they have
   * not.
   */
  #caughtUp(reader: LogReader): Promise<void> {
    return until(
      'that all readers have reached the end of the log, and see each other',
      async () => {
        const log = await reader.read()
        return this.participants.every(({ journal }) => hasReached(journal, log)) && this.blind.length === 0
      },
      catchUpTime,
    ).catch(() => {})
  }

  #judge(log: LogCopy): Verdict {
    return judge({
      sent: this.#sent(),
      readers: this.participants.map(({ journal }) => journal),
      log,
      killed: new Set(this.hubs.filter(({ running }) => !running).map(({ node }) => node)),
      backAt: this.#backAt,
    })
  }

  async #close(): Promise<void> {
    for (const participant of this.participants) participant.close()
    await Promise.all(this.hubs.map((hub) => hub.kill()))
  }
}

/** Reads the log, also from a broker that still recovers. */
async function readSoon(reader: LogReader): Promise<LogCopy> {
  let log: LogCopy | null = null
  await until('a log that can be read', async () => {
    log = await reader.read()
    return true
  })
  if (log === null) throw new Error('unable to read the log')
  return log
}
