import type { Hub } from '@chat/core'
import type { World } from '@chat/testing'
import { Cluster } from '../cluster/cluster.ts'
import { nothingIsRefused } from '../cluster/final-checks.ts'
import { Intruder } from '../intruders/intruder.ts'
import type { Search } from '../search.ts'
import { network } from './delivery.ts'

/** Frames a second that may cost no unit: a burst of the honest clients. */
const burst = 10
/** Milliseconds between two writes of excess. */
const interval = 500
/** Milliseconds of excess after which a connection ends, and by which its end may be late. */
const longest = 10_000
const slack = 2_500

/** Users whose connections were ended for a limit. */
const registers = new WeakMap<Cluster, string[]>()

async function start(w: World): Promise<Cluster> {
  const ended: string[] = []
  const cluster = await Cluster.start(w, {
    users: ['alice', 'bob', 'carol', 'dave'],
    hub: { limits: { inflight: 4, rate: 5, burst } },
    started: (hub) =>
      hub.on('$disconnect', ({ session, code }) => {
        if (code === 4013) ended.push(session.user.id)
      }),
  })
  registers.set(cluster, ended)
  return cluster
}

/** Frames that cost no unit, at the latest when the rate is used up. */
const kinds: readonly ((ref: number) => readonly unknown[])[] = [
  (ref) => ['send', ref, '#nowhere', 'say', 1],
  () => ['send', 1, '#nowhere', 'say', 1],
  () => ['cast', '#nowhere', 'say', 1],
  (ref) => ['call', ref, 'nothing', 1],
  (ref) => ['leave', ref, '#nowhere'],
  (ref) => ['sing', ref],
  () => ['ping', 1],
  () => ['pong'],
  () => ['reply', 1, null],
]

/** A client that writes nothing but excess, without an end or with breaks. */
class Nuisance {
  readonly user: string
  /** Milliseconds from the first excess to the end of the connection; `null` while it is open. */
  ended: number | null = null
  readonly #w: World
  readonly #intruder: Intruder
  readonly #frame: (ref: number) => readonly unknown[]
  readonly #breaks: boolean
  /** Time of the first excess; `null` before the welcome. */
  #began: number | null = null
  #ref = 0
  #left = false

  constructor(w: World, hub: Hub, given: { user: string; breaks: boolean }) {
    const { user, breaks } = given
    this.#w = w
    this.user = user
    this.#breaks = breaks
    this.#intruder = Intruder.enter(hub, { user })
    this.#frame = kinds[Math.floor(w.random() * kinds.length)] ?? (() => ['pong'])
  }

  /** Writes excess, unless the client has its break. */
  write(): void {
    if (!this.#intruder.welcomed || this.ended !== null) return
    this.#began ??= this.#w.now
    const time = this.#time
    if (this.#intruder.code === 4013) this.ended = time
    else if (this.#intruder.code !== null) this.#left = true
    else if (!this.#breaks || time % longest < longest - slack)
      this.#intruder.write(Array.from({ length: 2 * burst }, () => this.#frame(++this.#ref)))
  }

  /** Returns the fault of the hub: a connection that ended too soon, too late or never; else `true`. */
  check(): true | string {
    const time = this.#time
    if (this.#breaks) return this.ended === null || `${this.user} has made breaks, and was closed`
    if (this.ended === null)
      return this.#left || time < longest + slack || `${this.user} goes on after ${time} ms`
    return this.ended >= longest || `${this.user} is closed after ${this.ended} ms`
  }

  /** `true` when the client has written excess for long, but with breaks. */
  get spared(): boolean {
    return this.#breaks && !this.#left && this.#time > 2 * longest
  }

  /** Ends the connection, which is then no longer judged. */
  leave(): void {
    this.#left = true
    this.#intruder.leave()
  }

  /** Milliseconds since the first excess. */
  get #time(): number {
    return this.#w.now - (this.#began ?? this.#w.now)
  }
}

/** Honest clients send at the edge of their limits, beside clients that write nothing but excess. */
async function besideExcess(cluster: Cluster): Promise<void> {
  const { w, running } = cluster
  const nuisances: Nuisance[] = []
  w.invariant('P-LV-8', () => nuisances.map((each) => each.check()).find((fault) => fault !== true) ?? true)
  for (let step = 0; step < 100; step++) {
    if (step % 20 === 0) {
      const given = { user: `nuisance ${step}`, breaks: w.random() < 0.4 }
      nuisances.push(new Nuisance(w, cluster.draw(running), given))
    }
    for (const nuisance of nuisances) nuisance.write()
    if (w.random() < 0.25) {
      const client = cluster.draw(cluster.clients)
      for (let sends = 1 + Math.floor(w.random() * 12); sends > 0; sends--)
        cluster.sendMessage(client, cluster.draw(cluster.rooms))
    }
    await w.advance(interval)
  }
  if (nuisances.some(({ spared }) => spared)) w.sometimes('excess with breaks goes on')
  for (const nuisance of nuisances) nuisance.leave()
}

/** Checks that no connection of an honest client was ended for a limit. */
function honestClientsStay(cluster: Cluster): void {
  const { w, clients } = cluster
  const ended = registers.get(cluster) ?? []
  const honest = clients.find(({ user }) => user !== null && ended.includes(user))
  w.invariant('P-LV-8', () => honest === undefined || `a connection of ${honest.user} was ended for a limit`)
  nothingIsRefused(cluster)
}

/** Searches of clients that write nothing but excess. */
export const excess: readonly Search[] = [
  {
    name: 'nothing but excess',
    setup: start,
    workload: besideExcess,
    check: honestClientsStay,
    options: { faults: [...network, 'reset', 'reset', 'answers', 'answers'], most: 12 },
    situations: ['close 4013', 'excess with breaks goes on', 'an answer is lost after the store'],
  },
]
