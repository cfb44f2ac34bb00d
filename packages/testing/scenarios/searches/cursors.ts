import { type Message, readMessages } from '@chat/core'
import { allFaults, type World } from '@chat/testing'
import { Cluster } from '../cluster/cluster.ts'
import { faultOf, type KnownLog, learn, SlowLoop } from '../cluster/slow-loop.ts'
import type { Search } from '../search.ts'
import { network } from './delivery.ts'

const room = '#lobby'

/** Loops of a cluster over the log of its room. */
const loopsOf = new WeakMap<Cluster, SlowLoop[]>()

/** Starts clients with loops: over a room that they have joined, and over one that they join for it. */
async function readers(w: World, replay?: number): Promise<Cluster> {
  const limits = { rate: 10_000, burst: 10_000, ...(replay === undefined ? {} : { replay }) }
  const cluster = await Cluster.start(w, { users: ['alice', 'bob', 'carol'], rooms: [room], hub: { limits } })
  const loops = cluster.clients.flatMap((client) => [
    new SlowLoop(`${client.user} from now on`, readMessages(client.join(room))),
    new SlowLoop(`${client.user} with the last`, readMessages(client.to(room), { last: 20 })),
  ])
  loopsOf.set(cluster, loops)
  return cluster
}

/** Clients send far more than loops take, which stand still for a while and then go on. */
async function flood(cluster: Cluster): Promise<void> {
  const { w, clients } = cluster
  const loops = loopsOf.get(cluster) ?? []
  for (let step = 0; step < 40; step++) {
    const client = cluster.draw(clients)
    for (let burst = w.random() * 60; burst > 0; burst--) cluster.sendMessage(client, room)
    const loop = cluster.draw(loops)
    loop.allow(Math.floor(w.random() * 200))
    if (w.random() < 0.1) resume(cluster, loop)
    await w.advance(Math.floor(w.random() * 2_000))
  }
}

/** Opens another loop behind a message that a loop has taken. */
function resume(cluster: Cluster, { messages }: SlowLoop): void {
  const position = messages.at(-1)?.position
  if (position === undefined) return
  const client = cluster.draw(cluster.clients)
  const cursor = readMessages(client.to(room), { since: position })
  loopsOf.get(cluster)?.push(new SlowLoop(`${client.user} since ${position[1]}`, cursor, position))
}

/** Checks that every loop has the log up to its end, each entry once and in order. */
async function everyLoopHasTheLog(cluster: Cluster): Promise<void> {
  const { w, clients } = cluster
  const loops = loopsOf.get(cluster) ?? []
  for (const loop of loops) loop.allow(Number.POSITIVE_INFINITY)
  await w.advance('30s')
  const known = new Map<string, Map<number, string>>()
  for (const { messages } of loops) learn(known, messages)
  for (const client of clients)
    learn(known, w.seen(client, room).filter(({ durable }) => durable) as Message[])
  for (const loop of loops) {
    w.invariant('cursor', () => loop.fault(known) ?? true)
    w.invariant('cursor', () => isAtTop(loop, loops) || `${loop.name} does not come to the top of the log`)
    if (loop.gaps.length > 0) w.sometimes('a gap in a loop')
    await pageBack(cluster, loop, known)
  }
}

/** Checks that the pages before a loop are those of the log. */
async function pageBack({ w }: Cluster, loop: SlowLoop, known: KnownLog): Promise<void> {
  const older: Message[] = []
  const read = async (): Promise<void> => {
    for (let page = await loop.cursor.older(70); page.length > 0; page = await loop.cursor.older(70))
      older.unshift(...page)
  }
  const done = read()
  await w.advance('5s')
  await done
  const items = [...older, ...loop.items.slice(0, 1)]
  w.invariant('cursor', () => {
    const wrong = faultOf(items, known)
    return wrong === null || `older messages of ${loop.name}: ${wrong}`
  })
}

const isAtTop = ({ messages }: SlowLoop, loops: readonly SlowLoop[]): boolean => {
  const top = messages.at(-1)?.id
  return loops.every((other) => other.messages.at(-1)?.id === top)
}

/** Checks that no loop has a gap, in a run in which the log keeps all messages. */
async function noLoopHasAGap(cluster: Cluster): Promise<void> {
  await everyLoopHasTheLog(cluster)
  const told = (loopsOf.get(cluster) ?? []).find(({ gaps }) => gaps.length > 0)
  cluster.w.invariant('cursor', () => told === undefined || `${told.name} has a gap, and the log has none`)
}

/** Searches of loops over the log that are slower than their messages. */
export const cursors: readonly Search[] = [
  {
    name: 'slow loops',
    setup: (w) => readers(w, 100),
    workload: flood,
    check: noLoopHasAGap,
    options: { faults: [...network, 'crash', 'drain', 'outage', 'hints', 'answers'], most: 8 },
    situations: ['gap: limit'],
  },
  {
    name: 'slow loops over a log that forgets',
    setup: (w) => readers(w),
    workload: flood,
    check: everyLoopHasTheLog,
    options: { faults: [...allFaults.filter((kind) => kind !== 'rollback'), 'trim', 'trim', 'wipe'] },
    situations: ['a gap in a loop', 'gap: epoch', 'gap: trimmed'],
  },
]
