import type { Hub, Position } from '@chat/core'
import type { World } from '@chat/testing'
import { Cluster } from '../cluster/cluster.ts'
import { nothingIsRefused } from '../cluster/final-checks.ts'
import { Intruder, type IntruderOptions } from '../intruders/intruder.ts'
import { TurnMeter } from '../intruders/turn-meter.ts'
import type { Search } from '../search.ts'
import { network } from './delivery.ts'

/** Limits that no client of this search meets. */
const limits = { rate: 1e6, burst: 1e6, inflight: 1e6, catchUpRate: 1e6, catchUpBurst: 1e6 }
/** Messages of the log that greedy clients replay, in pages of 256. */
const longLog = 1_100
/** Maximum number of frames that two turns execute, and of messages that they replay. */
const most = { frames: 700, messages: 8_000 }

/** Positions in the logs: before the long log, and before the only message that is new to a modest client. */
interface Starts {
  readonly long: Position
  readonly short: Position
}

/** The work of a hub for clients that want much at once, counted by turns of the event loop. */
class Greed {
  /** Numbers that each user has noted, in their order. */
  readonly noted = new Map<string, number[]>()
  readonly frames: TurnMeter
  readonly messages: TurnMeter
  starts: Starts | null = null
  #intruders = 0

  constructor(w: World) {
    this.frames = new TurnMeter(w.runtime('turns of frames'))
    this.messages = new TurnMeter(w.runtime('turns of messages'))
    w.invariant('P-LV-9', () => {
      if (this.frames.most > most.frames) return `a turn executes ${this.frames.most} frames`
      return this.messages.most <= most.messages || `a turn replays ${this.messages.most} messages`
    })
  }

  /** Serves the calls of the intruders. */
  serve(hub: Hub): void {
    hub.handle('note', (n, { user }) => {
      this.frames.count()
      const noted = this.noted.get(user.id) ?? []
      this.noted.set(user.id, noted)
      noted.push(n as number)
    })
  }

  /** Connects an intruder under a new name. */
  enter(hub: Hub, options: Omit<IntruderOptions, 'user'> = {}): { name: string; intruder: Intruder } {
    const name = `intruder ${++this.#intruders}`
    return { name, intruder: Intruder.enter(hub, { user: name, ...options }) }
  }
}
const registers = new WeakMap<Cluster, Greed>()

async function start(w: World): Promise<Cluster> {
  const greed = new Greed(w)
  const cluster = await Cluster.start(w, { nodes: 1, hub: { limits }, started: (hub) => greed.serve(hub) })
  const [hub] = cluster.running
  if (hub === undefined) return cluster
  const stored = []
  for (let n = 0; n < longLog; n++) stored.push(await hub.to('#long').send('say', n))
  const short = await hub.to('#short').send('say', 0)
  await hub.to('#short').send('say', 1)
  if (stored[0] !== undefined) greed.starts = { long: stored[0].position, short: short.position }
  registers.set(cluster, greed)
  return cluster
}

/** Honest clients send now and then, while others want much at once. */
async function besideGreed(cluster: Cluster): Promise<void> {
  const { w } = cluster
  const greed = registers.get(cluster)
  const [hub] = cluster.running
  if (greed === undefined || hub === undefined) return
  for (let step = 0; step < 36; step++) {
    cluster.sendMessage(cluster.draw(cluster.clients), cluster.draw(cluster.rooms))
    if (step % 12 === 3) await floodFrames(w, hub, greed)
    if (step % 12 === 9) await replayMuch(w, hub, greed)
    await w.advance(Math.floor(w.random() * 2_000))
  }
}

/** Several clients write very many frames at once, and among them a modest client a single frame. */
async function floodFrames(w: World, hub: Hub, greed: Greed): Promise<void> {
  const count = 2 + Math.floor(w.random() * 5)
  const place = Math.floor(w.random() * (count + 1))
  const all = Array.from({ length: count + 1 }, () => greed.enter(hub))
  await w.advance('100ms')
  const began = greed.frames.turns
  let waited = Number.POSITIVE_INFINITY
  const forget = hub.handle('hurry', () => {
    waited = greed.frames.turns - began
  })
  const wanted = all.map(({ name, intruder }, index) => {
    const length = index === place ? 0 : 300 + Math.floor(w.random() * 900)
    const numbers = Array.from({ length }, (_, n) => n + 1)
    if (index === place) intruder.write([['call', 1, 'hurry', 1]])
    else intruder.write(numbers.map((n) => ['call', n, 'note', n]))
    return { name, numbers }
  })
  await w.advance('1s')
  forget()
  w.sometimes('frames of many turns')
  const wrong = wanted.find(({ name, numbers }) => (greed.noted.get(name) ?? []).join() !== numbers.join())
  w.invariant('P-PB-9', () => wrong === undefined || `${wrong.name} is not served in its order`)
  // A turn has room for the pieces of three connections at least.
  const fair = Math.ceil((count + 1) / 3) + 1
  w.invariant('P-LV-9', () => waited <= fair || `a single frame waits for ${waited} turns, not ${fair}`)
  for (const { intruder } of all) intruder.leave()
}

/** Several clients replay a long log at once, and behind them a modest client a single message. */
async function replayMuch(w: World, hub: Hub, greed: Greed): Promise<void> {
  const { starts } = greed
  if (starts === null) return
  const replayed = new Map<string, number>()
  const enter = (address: string, position: Position): Intruder => {
    const counted = (frame: readonly unknown[]): void => {
      if (frame[0] !== 'msg') return
      if (address === '#long') greed.messages.count()
      replayed.set(name, (replayed.get(name) ?? 0) + 1)
    }
    const { name, intruder } = greed.enter(hub, { streams: { [address]: position }, onFrame: counted })
    return intruder
  }
  const crowd = Array.from({ length: 12 }, () => enter('#long', starts.long))
  const modest = enter('#short', starts.short)
  await w.advance('1s')
  w.sometimes('replays of many turns')
  const counts = [...replayed.values()].sort((a, b) => a - b).join()
  const expected = [1, ...crowd.map(() => longLog - 1)].join()
  w.invariant('P-ST-5', () => counts === expected || `replays of ${counts} messages, not ${expected}`)
  for (const intruder of [...crowd, modest]) intruder.leave()
}

/** Searches of hubs whose clients want much at once. */
export const greed: readonly Search[] = [
  {
    name: 'greedy clients',
    setup: start,
    workload: besideGreed,
    check: nothingIsRefused,
    options: { faults: network, backplaneLatency: 0 },
    situations: ['frames of many turns', 'replays of many turns'],
  },
]
