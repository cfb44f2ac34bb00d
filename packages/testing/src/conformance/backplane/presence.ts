import { rises, same } from '../check.ts'
import type { BackplaneCase } from './case.ts'
import { CheckedPresence, longLease } from './checked-presence.ts'
import { upTo } from './cluster.ts'
import { oddTexts } from './odd-json.ts'

/** Cases of members and their states (P-PR-1 to P-PR-6). */
export const presence: readonly BackplaneCase[] = [
  {
    name: 'presence: an enter is answered with the record, and every node sees it',
    async run(cluster) {
      const room = new CheckedPresence(cluster)
      for (const node of [cluster.a, cluster.b])
        same((await room.readPage(node)).members, [], 'an empty room')
      const answer = await room.enter({ session: 'session1', state: { mood: 'fine' } })
      const record = room.recordOf({ session: 'session1', state: { mood: 'fine' } })
      same(answer.members, [record], 'the answer')
      for (const node of [cluster.a, cluster.b])
        same(await room.readPage(node), { ...room.lastRevision, members: [record] }, 'the page of a node')
    },
  },
  {
    name: 'presence: an equal enter makes no revision',
    async run(cluster) {
      const room = new CheckedPresence(cluster)
      await room.enter({ session: 'session1', state: { a: [1, 'x'] } })
      const before = room.lastRevision
      for (const state of [{ a: [1, 'x'] }, undefined]) {
        await room.enter({ session: 'session1', state })
        same(room.lastRevision, before, 'the revision after an equal enter')
      }
      same(await room.readMembers(before), null, 'the members since then')
    },
  },
  {
    name: 'presence: an enter of a lower generation is ignored, and answered with the known record',
    async run(cluster) {
      const room = new CheckedPresence(cluster)
      await room.enter({ session: 'session1', generation: 3, node: 'node2', state: 'new' })
      const { lastRevision } = room
      const record = room.recordOf({ session: 'session1', generation: 3, node: 'node2', state: 'new' })
      const answer = await room.enter({ session: 'session1', generation: 2, node: 'node1', state: 'old' })
      same(answer.members, [record], 'the answer')
      same(await room.readPage(), { ...lastRevision, members: [record] }, 'the page afterwards')
    },
  },
  {
    name: 'presence: an enter of a greater generation replaces the record, on any node',
    async run(cluster) {
      const room = new CheckedPresence(cluster)
      await room.enter({ session: 'session1', generation: 1, node: 'node1', state: 'kept' })
      const { revision } = room.lastRevision
      await room.enter({ session: 'session1', generation: 2, node: 'node2' }, cluster.b)
      same(room.lastRevision.revision > revision, true, 'that the revision has grown')
      const record = room.recordOf({ session: 'session1', generation: 2, node: 'node2', state: 'kept' })
      same((await room.readPage()).members, [record], 'the sessions')
    },
  },
  {
    name: 'presence: a leave of a lower generation is ignored; one that is not lower ends it',
    async run(cluster) {
      const room = new CheckedPresence(cluster)
      for (const by of [0, 1]) {
        const generation = 5
        await room.enter({ session: 'session1', generation })
        const before = room.lastRevision
        await room.leave('session1', { generation: generation - 1, node: cluster.b })
        same(room.lastRevision, before, 'the revision after a stale leave')
        same(await room.readSessions(), ['session1'], 'the sessions after a stale leave')
        await room.leave('session1', { generation: generation + by, node: cluster.b })
        same(await room.readSessions(), [], 'the sessions after the leave')
      }
      const before = room.lastRevision
      await room.leave('session1', { generation: 9 })
      same(room.lastRevision, before, 'the revision after a leave of an absent session')
    },
  },
  {
    name: 'presence: an enter without a state keeps the state, and an enter with a state replaces it unchanged',
    async run(cluster) {
      const room = new CheckedPresence(cluster)
      await room.enter({ session: 'session1' })
      same(await room.readState('session1'), null, 'the state of a session without a state')
      for (const [n, json] of oddTexts.entries()) {
        await room.enter({ session: 'session1', generation: 2 * n + 1, json })
        same(await room.readStateText('session1'), json, 'a state that was given')
        await room.enter({ session: 'session1', generation: 2 * n + 2 })
        same(await room.readStateText('session1'), json, 'a state that was kept')
      }
    },
  },
  {
    name: 'presence: a state is remembered after a leave, and given back to its session in its room',
    async run(cluster) {
      const room = new CheckedPresence(cluster)
      await room.enter({ session: 'session1', state: { mood: 'fine' } })
      await room.leave('session1', { keep: longLease })
      await room.enter({ session: 'session2' })
      same(await room.readState('session2'), null, 'the state of another session')
      const elsewhere = new CheckedPresence(cluster, '#elsewhere')
      await elsewhere.enter({ session: 'session1' })
      same(await elsewhere.readState('session1'), null, 'the state in another room')
      await room.enter({ session: 'session1', generation: 2, node: 'node2' }, cluster.b)
      same(await room.readState('session1'), { mood: 'fine' }, 'the state of a session that came back')
      await room.leave('session1', { generation: 2, keep: longLease })
      await room.enter({ session: 'session1', generation: 3, state: null })
      same(await room.readState('session1'), null, 'the state of a session that came back with another state')
    },
  },
  {
    name: 'presence: a leave with `keep: 0` forgets the state, also when the session has already left',
    async run(cluster) {
      const room = new CheckedPresence(cluster)
      await room.enter({ session: 'session1', state: 'said' })
      await room.leave('session1', { keep: 0 })
      await room.enter({ session: 'session1' })
      same(await room.readState('session1'), null, 'the state after a leave that kept nothing')
      await room.enter({ session: 'session1', state: 'said again' })
      await room.leave('session1', { keep: longLease })
      await room.leave('session1', { keep: 0 })
      await room.enter({ session: 'session1' })
      same(await room.readState('session1'), null, 'the state after a second leave that kept nothing')
    },
  },
  {
    name: 'presence: a state is forgotten when it was kept for its time',
    needs: ['advance'],
    async run(cluster) {
      const room = new CheckedPresence(cluster)
      await room.enter({ session: 'session1', state: 'said' })
      await room.leave('session1', { keep: 60_000 })
      await cluster.bench.advance?.(40_000)
      await room.enter({ session: 'session1' })
      same(await room.readState('session1'), 'said', 'the state within its time')
      await room.leave('session1', { keep: 60_000 })
      await cluster.bench.advance?.(90_000)
      await room.enter({ session: 'session1' })
      same(await room.readState('session1'), null, 'the state after its time')
    },
  },
  {
    name: 'presence: members with a known revision are answered only when the revision has changed',
    async run(cluster) {
      const room = new CheckedPresence(cluster)
      const empty = await room.readPage()
      same(await room.readMembers(empty), null, 'an empty room in which nothing happens')
      await room.enter({ session: 'session1' })
      const [entered] = [room.lastRevision]
      same((await room.readMembers(empty))?.members.length, 1, 'the members after an enter')
      same(await room.readMembers(entered), null, 'a room in which nothing happens')
      same(
        await room.readMembers({ ...entered, epoch: `${entered.epoch}x` }),
        { ...entered, members: [room.recordOf({ session: 'session1' })] },
        'the members for a node that knows another epoch',
      )
      await room.leave('session1')
      same((await room.readMembers(entered))?.members, [], 'the members after a leave')
    },
  },
  {
    name: 'presence: several sessions in one enter are one revision, answered in their order',
    async run(cluster) {
      const room = new CheckedPresence(cluster)
      const heard = room.collectHints(cluster.b)
      await room.enter({ session: 'session2', generation: 7, node: 'node2' })
      const before = room.lastRevision
      const sessions = ['session3', 'session2', 'session1']
      const answer = await room.enterAll(sessions.map((session) => ({ session })))
      same(
        answer.members.map(({ session, generation }) => [session, generation]),
        [
          ['session3', 1],
          ['session2', 7],
          ['session1', 1],
        ],
        'the answer',
      )
      same(await room.readSessions(), sessions.toSorted(), 'the sessions')
      await cluster.untilStable(() => heard.hints.length)
      for (const { prev, revision, changes } of heard.hints.filter(({ prev }) => prev >= before.revision)) {
        same([prev, revision], [before.revision, room.lastRevision.revision], 'the revisions of a hint')
        same(
          changes.map(({ session }) => session).sort(),
          ['session1', 'session3'],
          'the sessions of the changes',
        )
      }
      heard.undo()
    },
  },
  {
    name: 'presence: the calls of a node on a room take effect in their order',
    async run(cluster) {
      const room = new CheckedPresence(cluster)
      const { presence } = cluster.a
      const calls = upTo(30).map((n) => {
        const entered = room.startEnter([{ session: 'session1', state: n }])
        return [entered, n % 3 === 0 ? presence.leave('#room', 'session1', 1, 0) : null] as const
      })
      const seen = presence.members('#room', null)
      const revisions: number[] = []
      for (const [n, [entered, left]] of calls.entries()) {
        const { members, revision } = await cluster.awaitAnswer('an enter is answered', entered)
        same(members[0]?.state, String(n + 1), `the state after call ${n + 1}`)
        revisions.push(revision)
        if (left !== null) revisions.push((await cluster.awaitAnswer('a leave', left)).revision)
      }
      rises(revisions, 'the revisions')
      const page = await cluster.awaitAnswer('members are answered', seen)
      same(page?.members, [], 'the members after the last leave')
      same(page?.revision, revisions.at(-1), 'the revision after the last leave')
    },
  },
  {
    name: 'presence: a room has 3000 members, or as many as the backplane declares',
    async run(cluster) {
      const room = new CheckedPresence(cluster)
      const most = Math.min(3_000, cluster.capabilities.largestRoom ?? 3_000)
      const names = upTo(most).map((n) => `session${n}`)
      for (let first = 0; first < most; first += 100) {
        const node = first % 200 === 0 ? cluster.a : cluster.b
        const entering = names.slice(first, first + 100)
        await room.enterAll(
          entering.map((session) => ({ session, state: { session } })),
          node,
        )
      }
      for (const node of [cluster.a, cluster.b]) {
        const { members } = await room.readPage(node)
        same(members.map(({ session }) => session).sort(), names.toSorted(), 'the sessions')
        const [{ session, state } = { session: '', state: '' }] = members
        same(state, JSON.stringify({ session }), 'the state of a session')
      }
      await room.leave('session1')
      same((await room.readPage()).members.length, most - 1, 'the number of members after a leave')
    },
  },
  {
    name: 'presence: concurrent operations of two nodes happen one after the other',
    async run(cluster) {
      const room = new CheckedPresence(cluster)
      const names = upTo(20).map((n) => `session${n}`)
      const started = names.flatMap((name, n) => {
        const node = n % 2 === 0 ? cluster.a : cluster.b
        return [
          room.startEnter([{ session: name }], node),
          room.startEnter([{ session: name, generation: 2 }], node),
        ]
      })
      const revisions = new Set<number>()
      for (const answer of started)
        revisions.add((await cluster.awaitAnswer('an enter is answered', answer)).revision)
      same(revisions.size, 40, 'the number of revisions')
      const { members, revision } = await room.readPage()
      same(revision, Math.max(...revisions), 'the last revision')
      same(
        members.map(({ session, generation }) => `${session} ${generation}`).sort(),
        names.map((name) => `${name} 2`).sort(),
        'the sessions',
      )
    },
  },
]
