import { holds, same } from '../check.ts'
import type { BackplaneCase } from './case.ts'
import { CheckedPresence } from './checked-presence.ts'
import { type Cluster, upTo } from './cluster.ts'

/** Cases of the memory of a store: all that ages is forgotten. */
export const leftovers: readonly BackplaneCase[] = [
  {
    name: 'when all has aged and all listeners are gone, the store holds as much as at its start',
    needs: ['advance', 'age', 'leftovers'],
    options: { age: 60_000 },
    run: forgetsAll,
  },
]

async function count({ bench }: Cluster): Promise<number> {
  return (await bench.leftovers?.()) ?? 0
}

async function forgetsAll(cluster: Cluster): Promise<void> {
  const start = await count(cluster)
  const undos = await fill(cluster)
  const full = await count(cluster)
  holds(full > start, `the full store holds ${full}, the empty store ${start}`)
  for (const undo of undos) undo()
  let left = full
  for (let round = 0; round < 20 && left > start; round++) {
    await cluster.bench.advance?.(60_000)
    await cluster.untilStable(() => 0)
    left = await count(cluster)
  }
  same(left, start, 'the number of entries that the store holds')
}

/** Fills the store with records of every kind, and returns the undos of the listeners. */
async function fill(cluster: Cluster): Promise<(() => void)[]> {
  const { a, b } = cluster
  const undos: (() => void)[] = []
  for (const n of upTo(20)) {
    const room = `#room-${n}`
    for (const node of [a, b]) {
      undos.push(
        node.tail(room, () => {}),
        node.subscribe(room, () => {}),
        node.presence.watch(room, () => {}),
      )
    }
    if (n % 2) await cluster.appendNew(room, { session: `session${n}`, ref: n, data: n })
    await cluster.read(`#never-${n}`)
    await cluster.awaitAnswer('heads are answered', a.heads([`#asked-${n}`, room]))
    const presence = new CheckedPresence(cluster, room, 30_000)
    await presence.enter({ session: `session${n}`, state: n })
    if (n % 3) await presence.leave(`session${n}`, { keep: 30_000 })
    const record = { id: `session${n}`, user: `user${n % 5}`, secret: 's0' }
    await cluster.awaitAnswer('a put is answered', a.sessions.put(record, 'node1', 60_000))
    const attempt = { user: record.user, secret: 's0', n: 1, next: 's1', node: 'node2' }
    await cluster.awaitAnswer('a take is answered', b.sessions.take(record.id, attempt, 60_000))
  }
  for (const which of [{ id: 'session1' }, { user: 'user2' }])
    await cluster.awaitAnswer('a drop is answered', a.sessions.drop(which))
  const { epoch } = await cluster.read('#room-1')
  await cluster.awaitAnswer('a bump is answered', a.bump('#room-1', epoch))
  return undos
}
