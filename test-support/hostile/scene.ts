import { pause, until } from '../brokers/until.ts'
import { Intruder, type IntruderOptions } from './intruder.ts'
import type {
  Filling,
  FromInnocent,
  FromVictim,
  InnocentReport,
  ToInnocent,
  ToVictim,
  VictimFigures,
  VictimOptions,
} from './messages.ts'
import { Program } from './program.ts'

/** Time in which all of an attack is gone from the hub, in milliseconds. */
const cleanUpTime = 30_000

/** Further figures of an attack, by their names. */
export type Findings = Readonly<Record<string, number | string>>

/** A hub in a process of its own, with innocent clients in another, and the attackers in this process. */
export class Scene {
  readonly port: number
  /** Port that speaks HTTP/2 without TLS. */
  readonly http2: number
  /** Figures before the attack. */
  readonly before: VictimFigures
  findings: Findings = {}
  readonly #victim: Program<FromVictim, ToVictim>
  readonly #innocent: Program<FromInnocent, ToInnocent>
  readonly #ends: (() => void)[] = []

  private constructor(parts: Parts) {
    this.port = parts.port
    this.http2 = parts.http2
    this.before = parts.before
    this.#victim = parts.victim
    this.#innocent = parts.innocent
  }

  /** Starts a hub with so many megabytes of heap, and innocent clients. Resolves when their messages flow. */
  static async start(options: VictimOptions, heap: number): Promise<Scene> {
    const flags = [`--max-old-space-size=${heap}`, '--expose-gc']
    const victim = new Program<FromVictim, ToVictim>('victim-program', [JSON.stringify(options)], flags)
    const { port, http2 } = await victim.ask('listening')
    const innocent = new Program<FromInnocent, ToInnocent>('innocent-program', [String(port)])
    await innocent.ask('flowing')
    const { figures: before } = await victim.ask('figures', { type: 'mark' })
    innocent.tell({ type: 'mark' })
    return new Scene({ port, http2, before, victim, innocent })
  }

  /** `true` while the hub's process lives. */
  get alive(): boolean {
    return this.#victim.running
  }

  /** Adds figures to the row of the attack. */
  note(findings: Findings): void {
    this.findings = { ...this.findings, ...findings }
  }

  /** Connects an attacker, and resolves when it was welcomed, or refused. */
  async intruder(options: IntruderOptions = {}): Promise<Intruder> {
    const intruder = await Intruder.enter(this.port, options)
    this.onEnd(() => intruder.leave())
    return intruder
  }

  /** Connects attackers, a hundred at a time. */
  async intruders(count: number, options: (index: number) => IntruderOptions): Promise<Intruder[]> {
    const all: Intruder[] = []
    for (let at = 0; at < count; at += 100) {
      const next = Array.from({ length: Math.min(100, count - at) }, (_, i) => this.intruder(options(at + i)))
      all.push(...(await Promise.all(next)))
    }
    return all
  }

  /** Stores messages of the hub at an address. */
  async fill(filling: Filling): Promise<void> {
    await this.#victim.ask('filled', { type: 'fill', ...filling })
  }

  /** Resets all connections from a network address. */
  async cut(from: string): Promise<void> {
    await this.#victim.ask('cut', { type: 'cut', from })
  }

  /** Starts the figures anew: after the preparations of an attack. */
  async mark(): Promise<void> {
    await this.#victim.ask('figures', { type: 'mark' })
  }

  /** Returns the hub's figures so far. */
  async measure(): Promise<VictimFigures> {
    return (await this.#victim.ask('figures', { type: 'measure' })).figures
  }

  /** Closes the hub, and returns the milliseconds that it took. */
  async closeHub(deadline: number): Promise<number> {
    return (await this.#victim.ask('closed', { type: 'close', deadline })).after
  }

  /** Ends an attacker's part when the attack is over. */
  onEnd(end: () => void): void {
    this.#ends.push(end)
  }

  /** Ends the attackers' connections, and returns the figures when they are gone, or when they do not go. */
  async cleanUp(): Promise<VictimFigures> {
    for (const end of this.#ends.splice(0)) end()
    let after = await this.measure()
    const peak = after
    const { sockets, sessions, timers } = this.before
    const gone = async (): Promise<boolean> => {
      after = await this.measure()
      // A newcomer may be there.
      return after.sockets <= sockets + 3 && after.sessions <= sessions + 1 && after.timers <= timers + 10
    }
    await until('that all attackers are gone', gone, cleanUpTime).catch(() => {})
    return { ...after, peak: peak.peak, loop: peak.loop }
  }

  /** Ends the traffic of the innocent clients, and returns their report. */
  async innocents(): Promise<InnocentReport> {
    return (await this.#innocent.ask('report', { type: 'finish' })).report
  }

  /** Resolves after a time in which the attack goes on, in milliseconds. */
  readonly goesOn = pause

  async end(): Promise<void> {
    for (const end of this.#ends) end()
    await Promise.all([this.#victim.end(), this.#innocent.end()])
  }
}

interface Parts {
  readonly port: number
  readonly http2: number
  readonly before: VictimFigures
  readonly victim: Program<FromVictim, ToVictim>
  readonly innocent: Program<FromInnocent, ToInnocent>
}
