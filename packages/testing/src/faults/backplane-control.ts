import type { Runtime } from '@chat/core'
import { MemoryBackplane, type MemoryBackplaneFaults, type MemoryStore } from '@chat/core/memory'
import type { LogHistory } from '../invariants/log-history.ts'
import type { Actor } from '../time/actor.ts'
import { type Duration, milliseconds } from '../time/duration.ts'
import type { Random } from '../time/random.ts'
import { Spans } from '../time/time-spans.ts'
import type { AnyHub, WorldBackplane } from '../world/world.ts'

/** How one incarnation of a hub reaches the store. */
interface Way {
  readonly backplane: MemoryBackplane
  readonly actor: Actor
  hub: AnyHub | null
  /** How many outages are under way. */
  outages: number
}

/**
 * The store of a world and every hub's way to it, with what goes wrong there.
 *
 * @internal
 */
export class BackplaneControl implements WorldBackplane {
  readonly #store: MemoryStore
  readonly #history: LogHistory
  readonly #runtime: Runtime
  readonly #network: Runtime
  readonly #random: Random
  readonly #latency: (() => number) | null
  readonly #note: (text: string) => void
  readonly #sometimes: (situation: string) => void
  /** Who has asked first for an end of which epoch. */
  readonly #bumped = new Map<string, MemoryBackplane>()
  /** When words from node to node can have got lost. */
  readonly #lossy = new Spans()
  readonly #silence: Spans
  readonly #ways = new Map<MemoryBackplane, Way>()
  #share = { loseHint: 0, doubleHint: 0, loseAnswer: 0 }

  constructor(
    store: MemoryStore,
    options: {
      readonly history: LogHistory
      readonly runtime: Runtime
      /** Whose timers mean that something is under way. */
      readonly network: Runtime
      readonly random: Random
      readonly latency: (() => number) | null
      readonly silence: Spans
      readonly note: (text: string) => void
      readonly sometimes: (situation: string) => void
    },
  ) {
    this.#store = store
    this.#history = options.history
    this.#runtime = options.runtime
    this.#network = options.network
    this.#random = options.random
    this.#latency = options.latency
    this.#silence = options.silence
    this.#note = options.note
    this.#sometimes = options.sometimes
  }

  /** A way to the store for one incarnation of a hub. */
  connect(actor: Actor): MemoryBackplane {
    const faults: MemoryBackplaneFaults = {
      loseAnswer: () => this.#share.loseAnswer > 0 && this.#random.next() < this.#share.loseAnswer,
      hints: () => this.#drawHints(),
    }
    const network = this.#network
    // What comes back means that something is under way, as what goes out does; and it ends with the hub.
    const runtime: Runtime = {
      ...network,
      timer: (delay, callback) => network.timer(delay, () => actor.run(callback)),
    }
    const backplane = new MemoryBackplane(
      this.#store,
      this.#latency === null ? {} : { network, runtime, latency: this.#latency, faults },
    )
    this.#watch(backplane)
    this.#ways.set(backplane, { backplane, actor, hub: null, outages: 0 })
    return backplane
  }

  belongs(backplane: MemoryBackplane, hub: AnyHub): void {
    const way = this.#ways.get(backplane)
    if (way !== undefined) way.hub = hub
  }

  crash(backplane: MemoryBackplane): void {
    backplane.crash()
    this.#ways.delete(backplane)
  }

  outage(duration: Duration, hub?: AnyHub): void {
    this.#note(`fault: outage of the backplane for ${duration}`)
    const ways = [...this.#ways.values()].filter((way) => hub === undefined || way.hub === hub)
    for (const way of ways) {
      way.outages++
      way.backplane.outage(true)
    }
    const ends = [this.#lossy, this.#silence].map((spans) => spans.begin(this.#runtime.now()))
    this.#runtime.timer(milliseconds(duration), () => {
      for (const end of ends) end(this.#runtime.now())
      for (const way of ways) if (--way.outages === 0) this.#reconnect(way)
    })
  }

  wipe(downtime: Duration = '1s'): void {
    this.outage(downtime)
    this.#note('fault: the backplane loses everything')
    this.#store.wipe()
    this.#history.wipe()
  }

  rollback(stream: string, count: number, downtime: Duration = '1s'): void {
    this.outage(downtime)
    this.#note(`fault: ${stream} loses its ${count} newest messages`)
    this.#history.rollback(stream, this.#store.rollback(stream, count))
  }

  forget(stream: string): void {
    this.#note(`fault: ${stream} is forgotten`)
    this.#store.forget(stream)
    this.#history.forget(stream)
  }

  trim(stream: string, keep: number): void {
    this.#note(`fault: ${stream} keeps only its ${keep} newest messages`)
    this.#store.trim(stream, keep)
  }

  hints(
    { lose = 0, double = 0 }: { readonly lose?: number; readonly double?: number },
    duration: Duration,
  ): void {
    this.#note(`fault: of the hints ${lose} are lost, ${double} doubled, for ${duration}`)
    this.#share = { ...this.#share, loseHint: lose, doubleHint: double }
    const end = this.#lossy.begin(this.#runtime.now())
    this.#runtime.timer(milliseconds(duration), () => {
      end(this.#runtime.now())
      this.#share = { ...this.#share, loseHint: 0, doubleHint: 0 }
    })
  }

  loseAnswers(share: number, duration: Duration): void {
    this.#note(`fault: of the answers ${share} are lost, for ${duration}`)
    this.#share = { ...this.#share, loseAnswer: share }
    this.#runtime.timer(milliseconds(duration), () => {
      this.#share = { ...this.#share, loseAnswer: 0 }
    })
  }

  /** Whether a word from node to node can have got lost in a span of time. */
  lossy(from: number, to: number): boolean {
    return this.#lossy.touch(from, to)
  }

  /** Whatever is wrong is over. */
  heal(): void {
    this.#share = { loseHint: 0, doubleHint: 0, loseAnswer: 0 }
    for (const way of this.#ways.values()) this.#reconnect(way)
  }

  /** A hub that is paused learns of it late, as of everything else. */
  #reconnect({ actor, backplane }: Way): void {
    actor.run(() => backplane.outage(false))
  }

  /** Notes what only the store sees of races between hubs. */
  #watch(backplane: MemoryBackplane): void {
    const bump = backplane.bump.bind(backplane)
    backplane.bump = (stream, epoch) => {
      const change = `${epoch} of ${stream}`
      if ((this.#bumped.get(change) ?? backplane) !== backplane) this.#sometimes('two hubs end one epoch')
      else this.#bumped.set(change, backplane)
      return bump(stream, epoch)
    }
    const { sessions } = backplane
    const take = sessions.take.bind(sessions)
    sessions.take = (id, attempt, ttl) => {
      const taken = take(id, attempt, ttl)
      Promise.resolve(taken).then(
        ({ outcome }) => outcome === 'stale' && this.#sometimes('an attempt to resume is overtaken'),
        () => {},
      )
      return taken
    }
  }

  #drawHints(): number {
    const { loseHint, doubleHint } = this.#share
    if (loseHint === 0 && doubleHint === 0) return 1
    const drawn = this.#random.next()
    if (drawn < loseHint) return 0
    return drawn < loseHint + doubleHint ? 2 : 1
  }
}
