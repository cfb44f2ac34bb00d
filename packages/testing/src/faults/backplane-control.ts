import type { Runtime } from '@chat/core'
import { MemoryBackplane, type MemoryBackplaneFaults, type MemoryStore } from '@chat/core/memory'
import { checkOptionsWithHint } from '@chat/core/transport'
import { checkNumber, checkTextArgument, counts, shares } from '../check-arguments.ts'
import type { Actor } from '../time/actor.ts'
import { type Duration, milliseconds, readable } from '../time/duration.ts'
import type { Random } from '../time/random.ts'
import type { TimeSpans } from '../time/time-spans.ts'
import type { AnyHub } from './any-hub.ts'
import type { WorldBackplane } from './world-backplane.ts'

/** The connection of a hub's incarnation to the store. */
interface NodeConnection {
  readonly backplane: MemoryBackplane
  readonly actor: Actor
  hub: AnyHub | null
  /** Number of outages under way. */
  outages: number
}

/** A record of the logs, which is told of the data that faults remove. */
interface LogRecord {
  /** Records that a log lost the messages behind an offset. */
  rollback(stream: string, to: number): void
  /** Records that a whole log was lost. */
  forget(stream: string): void
  /** Records that all logs were lost. */
  wipe(): void
}

/** Sources that a {@link BackplaneControl} draws and measures with, and records that it keeps up to date. */
export interface BackplaneControlOptions {
  readonly history: LogRecord
  /** Timers by which faults end. */
  readonly runtime: Runtime
  /** Timers of transmissions, which stand for work under way. */
  readonly network: Runtime
  readonly random: Random
  /** Draws the latency of a transmission; `null` for the synchronous path. */
  readonly latency: (() => number) | null
  /** Spans in which hints can get lost. */
  readonly lostHints: TimeSpans
  /** Spans in which a hub can miss the renewal of its lease. */
  readonly missedRenewals: TimeSpans
  /** Adds a line to the trace. */
  readonly note: (text: string) => void
  /** Notes that a situation came about. */
  readonly sometimes: (situation: string) => void
}

const hintShareNames = { lose: true, double: true } as const
const noLosses = { loseHint: 0, doubleHint: 0, loseAnswer: 0 }

/** The store of a world, the connections of its hubs to the store, and the faults of both. */
export class BackplaneControl implements WorldBackplane {
  readonly #store: MemoryStore
  readonly #options: BackplaneControlOptions
  /** Node that was the first to end an epoch, by epoch and log. */
  readonly #bumped = new Map<string, MemoryBackplane>()
  readonly #connections = new Map<MemoryBackplane, NodeConnection>()
  #shares = noLosses

  constructor(store: MemoryStore, options: BackplaneControlOptions) {
    this.#store = store
    this.#options = options
  }

  /** Connects an incarnation of a hub to the store. */
  connectNode(actor: Actor): MemoryBackplane {
    const { latency, network, random } = this.#options
    const faults: MemoryBackplaneFaults = {
      loseAnswer: () => this.#shares.loseAnswer > 0 && random.next() < this.#shares.loseAnswer,
      hints: () => this.#drawHints(),
    }
    // Answers are work under way, as requests are, and they end with the hub.
    const runtime: Runtime = {
      ...network,
      timer: (delay, callback) => network.timer(delay, () => actor.run(callback)),
    }
    const backplane = new MemoryBackplane(
      this.#store,
      latency === null ? {} : { network, runtime, latency, faults },
    )
    this.#watch(backplane)
    this.#connections.set(backplane, { backplane, actor, hub: null, outages: 0 })
    return backplane
  }

  /** Names the hub of a connection, for outages of a single hub. */
  assignHub(backplane: MemoryBackplane, hub: AnyHub): void {
    const connection = this.#connections.get(backplane)
    if (connection !== undefined) connection.hub = hub
  }

  /** Ends the connection of a hub that crashes. */
  crashNode(backplane: MemoryBackplane): void {
    backplane.crash()
    this.#connections.delete(backplane)
  }

  outage(duration: Duration, hub?: AnyHub): void {
    this.#options.note(`fault: outage of the backplane for ${readable(duration)}`)
    const { lostHints, missedRenewals, runtime } = this.#options
    const affected = [...this.#connections.values()].filter((each) => hub === undefined || each.hub === hub)
    for (const connection of affected) {
      connection.outages++
      connection.backplane.outage(true)
    }
    const ends = [lostHints, missedRenewals].map((spans) => spans.beginSpan(runtime.now()))
    runtime.timer(milliseconds(duration), () => {
      for (const end of ends) end(runtime.now())
      for (const connection of affected) if (--connection.outages === 0) this.#reconnect(connection)
    })
  }

  wipe(downtime: Duration = '1s'): void {
    this.outage(downtime)
    this.#options.note('fault: the backplane loses everything')
    this.#store.wipe()
    this.#options.history.wipe()
  }

  rollback(stream: string, count: number, downtime: Duration = '1s'): void {
    checkTextArgument('roll back', 'stream', stream)
    checkNumber('roll back', 'count', count, counts)
    this.outage(downtime)
    this.#options.note(`fault: ${stream} loses its ${count} newest messages`)
    this.#options.history.rollback(stream, this.#store.rollback(stream, count))
  }

  forget(stream: string): void {
    this.#options.note(`fault: ${stream} is forgotten`)
    this.#store.forget(stream)
    this.#options.history.forget(stream)
  }

  trim(stream: string, keep: number): void {
    checkTextArgument('trim', 'stream', stream)
    checkNumber('trim', 'keep', keep, counts)
    this.#options.note(`fault: ${stream} keeps only its ${keep} newest messages`)
    this.#store.trim(stream, keep)
  }

  hints(given: { readonly lose?: number; readonly double?: number }, duration: Duration): void {
    checkOptionsWithHint('change the hints', given, hintShareNames)
    const { lose = 0, double = 0 } = given
    checkNumber('change the hints', 'lose', lose, shares)
    checkNumber('change the hints', 'double', double, shares)
    const { lostHints, runtime } = this.#options
    this.#options.note(`fault: of the hints ${lose} are lost, ${double} doubled, for ${readable(duration)}`)
    this.#shares = { ...this.#shares, loseHint: lose, doubleHint: double }
    const end = lostHints.beginSpan(runtime.now())
    runtime.timer(milliseconds(duration), () => {
      end(runtime.now())
      this.#shares = { ...this.#shares, loseHint: 0, doubleHint: 0 }
    })
  }

  loseAnswers(share: number, duration: Duration): void {
    checkNumber('lose answers', 'share', share, shares)
    this.#options.note(`fault: of the answers ${share} are lost, for ${readable(duration)}`)
    this.#shares = { ...this.#shares, loseAnswer: share }
    this.#options.runtime.timer(milliseconds(duration), () => {
      this.#shares = { ...this.#shares, loseAnswer: 0 }
    })
  }

  /** Ends all faults. */
  heal(): void {
    this.#shares = noLosses
    for (const connection of this.#connections.values()) this.#reconnect(connection)
  }

  /** Ends an outage. A hub that is paused learns of it after the pause. */
  #reconnect({ actor, backplane }: NodeConnection): void {
    actor.run(() => backplane.outage(false))
  }

  /** Notes the races between hubs that only the store can see. */
  #watch(backplane: MemoryBackplane): void {
    const bump = backplane.bump.bind(backplane)
    backplane.bump = (stream, epoch) => {
      const change = `${epoch} of ${stream}`
      if ((this.#bumped.get(change) ?? backplane) !== backplane)
        this.#options.sometimes('two hubs end one epoch')
      else this.#bumped.set(change, backplane)
      return bump(stream, epoch)
    }
    const { sessions } = backplane
    const take = sessions.take.bind(sessions)
    sessions.take = (id, attempt, ttl) => {
      const taken = take(id, attempt, ttl)
      Promise.resolve(taken).then(
        ({ outcome }) => outcome === 'stale' && this.#options.sometimes('an attempt to resume is overtaken'),
        () => {},
      )
      return taken
    }
  }

  /** Draws the number of times that a hint arrives. */
  #drawHints(): number {
    const { loseHint, doubleHint } = this.#shares
    if (loseHint === 0 && doubleHint === 0) return 1
    const drawn = this.#options.random.next()
    if (drawn < loseHint) return 0
    return drawn < loseHint + doubleHint ? 2 : 1
  }
}
