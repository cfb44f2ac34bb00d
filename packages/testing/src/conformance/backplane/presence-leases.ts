import type { PresenceHint } from '@chat/core/backplane'
import { same } from '../check.ts'
import type { BackplaneCase } from './case.ts'
import { CheckedPresence, leaseTime } from './checked-presence.ts'
import { type Cluster, upTo } from './cluster.ts'
import { codeOf, untilInReach } from './failures.ts'

/** Cases of leases: a session is present while its node renews its lease. */
export const presenceLeases: readonly BackplaneCase[] = [
  {
    name: 'presence: when the lease of a node runs out, its sessions leave; the sessions of a node that renews stay',
    needs: ['advance'],
    async run(cluster) {
      const room = new CheckedPresence(cluster, '#room', leaseTime)
      const elsewhere = new CheckedPresence(cluster, '#elsewhere', leaseTime)
      await room.enter({ session: 'stays', node: 'node1' })
      await room.enter({ session: 'goes', node: 'node2' }, cluster.b)
      await elsewhere.enter({ session: 'goes', node: 'node2' }, cluster.b)
      for (const _ of upTo(3)) {
        await cluster.bench.advance?.(leaseTime / 2)
        await room.renewLease('node1')
      }
      for (const node of [cluster.a, cluster.b]) {
        same((await room.readPage(node)).members.length, 1, 'the number of members')
        same((await elsewhere.readPage(node)).members, [], 'the members elsewhere')
      }
      same(await room.readSessions(), ['stays'], 'the sessions')
    },
  },
  {
    name: 'presence: an enter gives a lease to a node that has none, also to a node whose lease has run out',
    needs: ['advance'],
    async run(cluster) {
      const room = new CheckedPresence(cluster, '#room', leaseTime)
      for (const generation of upTo(2)) {
        await room.enter({ session: 'session1', generation })
        same(await room.readSessions(), ['session1'], 'the sessions after an enter')
        await cluster.bench.advance?.(leaseTime * 1.5)
        same(await room.readSessions(), [], 'the sessions after the lease')
      }
    },
  },
  {
    name: 'presence: when the lease of a node runs out, the other nodes get hints of its sessions that left',
    needs: ['advance'],
    run: heardOfTheLapsed,
  },
  {
    name: 'presence: the watchers of a room that no node looks at hear of a lease that ran out within one more lease',
    needs: ['advance'],
    run: heardWithoutALook,
  },
  {
    name: 'presence: a lease counts from its last renewal, also when that one is shorter',
    needs: ['advance'],
    async run(cluster) {
      const room = new CheckedPresence(cluster, '#room', leaseTime)
      await room.enter({ session: 'session1', node: 'node2' })
      await room.enter({ session: 'session2', node: 'node1' })
      await room.renewLease('node2', 5_000)
      await cluster.bench.advance?.(20_000)
      same(await room.readSessions(), ['session2'], 'the sessions')
      await room.renewLease('node1', 0)
      same(await room.readSessions(), [], 'the sessions after a renewal by no time')
    },
  },
  {
    name: 'presence: a session that went on at another node stays when the lease of the older one runs out',
    needs: ['advance'],
    async run(cluster) {
      const room = new CheckedPresence(cluster, '#room', leaseTime)
      await room.enter({ session: 'session1', generation: 1, node: 'node1' })
      await room.enter({ session: 'session1', generation: 2, node: 'node2' }, cluster.b)
      await cluster.bench.advance?.(leaseTime * 0.7)
      await room.renewLease('node2')
      await cluster.bench.advance?.(leaseTime * 0.7)
      same(await room.readSessions(), ['session1'], 'the sessions')
    },
  },
  {
    name: 'presence: a session that left by a lease may enter again, and the revision keeps growing',
    needs: ['advance'],
    async run(cluster) {
      const room = new CheckedPresence(cluster, '#room', leaseTime)
      await room.enter({ session: 'session1', state: 1 })
      const before = room.lastRevision
      await cluster.bench.advance?.(leaseTime * 1.5)
      same(await room.readSessions(), [], 'the sessions')
      await room.enter({ session: 'session1', state: 2 })
      same(room.lastRevision.revision > before.revision + 1, true, 'that the leave was a change of its own')
      same(await room.readState('session1'), 2, 'the state')
    },
  },
  {
    name: 'presence: the states of sessions that left by a lease are remembered for the time that the lease gives',
    needs: ['advance'],
    async run(cluster) {
      const room = new CheckedPresence(cluster, '#room', leaseTime)
      const lease = { ttl: leaseTime, keep: 120_000 }
      await cluster.awaitAnswer(
        'an enter is answered',
        room.startEnter([{ session: 'session1', state: 1 }], cluster.a, lease),
      )
      await cluster.awaitAnswer(
        'an enter is answered',
        room.startEnter([{ session: 'session2', state: 2 }], cluster.a, lease),
      )
      await cluster.bench.advance?.(leaseTime * 1.5)
      same(await room.readSessions(), [], 'the sessions')
      await room.enter({ session: 'session1', generation: 2, node: 'node2' })
      same(await room.readState('session1'), 1, 'the state of the session that comes back')
      await cluster.bench.advance?.(lease.keep * 1.5)
      await room.enter({ session: 'session2', generation: 2, node: 'node2' })
      same(await room.readState('session2'), null, 'the state of the session that comes back late')
    },
  },
  {
    name: 'presence: a store that has lost all data has another epoch',
    needs: ['wipe'],
    async run(cluster) {
      const room = new CheckedPresence(cluster)
      await room.enter({ session: 'session1' })
      const before = room.lastRevision
      await cluster.bench.wipe?.()
      await untilInReach(cluster, cluster.b)
      const page = await room.readMembers(before)
      same(page?.members, [], 'the sessions')
      same(page?.epoch !== before.epoch, true, 'that it is another epoch')
      const anew = new CheckedPresence(cluster)
      await anew.enter({ session: 'session1' })
      same(anew.lastRevision.epoch, page?.epoch, 'the epoch from then on')
      same(await anew.readSessions(), ['session1'], 'the sessions afterwards')
    },
  },
  {
    name: 'presence: out of reach, every operation fails as `unavailable`, and can be repeated',
    needs: ['outage'],
    run: outage,
  },
]

async function heardOfTheLapsed(cluster: Cluster): Promise<void> {
  const room = new CheckedPresence(cluster, '#room', leaseTime)
  const { hints, undo } = room.collectHints(cluster.a)
  await cluster.until('a hint tells of the sessions that have left', async () => {
    const generation = room.revisions.length + 1
    await room.enterAll(
      ['session1', 'session2'].map((session) => ({ session, generation, node: 'node2' })),
      cluster.b,
    )
    await cluster.bench.advance?.(leaseTime * 1.5)
    // The next node that reads the room finds that the lease has run out.
    const { members, revision } = await room.readPage(cluster.b)
    same(members, [], 'the sessions')
    await cluster.untilStable(() => hints.length)
    const told = hints.filter((hint) => hint.prev >= room.lastRevision.revision)
    for (const hint of told)
      for (const { member } of hint.changes) same(member, null, 'the member of a session that left')
    const gone = new Set(told.flatMap(({ changes }) => changes.map(({ session }) => session)))
    return gone.size === 2 && told.some((hint) => hint.revision === revision)
  })
  undo()
}

/** A node renews its lease, as every living node does, and no node looks at the two rooms. */
async function heardWithoutALook(cluster: Cluster): Promise<void> {
  const rooms = ['#room', '#elsewhere'].map((name) => new CheckedPresence(cluster, name, leaseTime))
  const watched = rooms.map((room) => room.collectHints(cluster.a))
  const gone = (hint: PresenceHint): boolean => hint.changes.some(({ member }) => member === null)
  let generation = 0
  await cluster.until('the watchers of both rooms hear', async () => {
    generation++
    for (const room of rooms) await room.enter({ session: 'session1', generation, node: 'node2' }, cluster.b)
    for (const _ of upTo(4)) {
      await cluster.bench.advance?.(leaseTime / 2)
      await rooms[0]?.renewLease('node1')
    }
    await cluster.untilStable(() => watched.map(({ hints }) => hints.length).join())
    return watched.every(({ hints }) => hints.some(gone))
  })
  if (cluster.capabilities.hints !== 'lossy') same(generation, 1, 'the number of leases that ran out')
  for (const { undo } of watched) undo()
}

async function outage(cluster: Cluster): Promise<void> {
  const { a, bench } = cluster
  const room = new CheckedPresence(cluster)
  await room.enter({ session: 'session1', state: 1 })
  const { lastRevision } = room
  await bench.outage?.(a, true)
  const attempts: Record<string, () => unknown> = {
    lease: () => a.presence.lease('node1', { ttl: leaseTime, keep: 0 }),
    enter: () => room.startEnter([{ session: 'session1', state: 2 }]),
    leave: () => a.presence.leave('#room', 'session1', 1, 0),
    members: () => a.presence.members('#room', null),
  }
  for (const [name, attempt] of Object.entries(attempts))
    same(
      await cluster.awaitAnswer(`${name} out of reach fails`, codeOf(attempt)),
      'unavailable',
      `the error of ${name}`,
    )
  await bench.outage?.(a, false)
  await untilInReach(cluster, a)
  await room.enter({ session: 'session1', state: 2 })
  same(room.lastRevision.revision > lastRevision.revision, true, 'that the revision has grown')
  same((await room.readPage(a)).members, [room.recordOf({ session: 'session1', state: 2 })], 'the sessions')
}
