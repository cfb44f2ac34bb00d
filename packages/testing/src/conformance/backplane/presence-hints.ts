import type { PresenceHint } from '@chat/core/backplane'
import { holds, same } from '../check.ts'
import { awkwardNames } from './awkward-names.ts'
import type { BackplaneCase } from './case.ts'
import { CheckedPresence, longLease } from './checked-presence.ts'
import type { Cluster } from './cluster.ts'

/** Cases of presence hints, and their order (P-PR-2). */
export const presenceHints: readonly BackplaneCase[] = [
  {
    name: 'presence: hints tell every node which sessions entered, changed and left, as the store has them',
    run: tellsEveryNode,
  },
  {
    name: 'presence: a hint comes for every change, on every node',
    needs: ['connected hints'],
    async run(cluster) {
      const room = new CheckedPresence(cluster)
      const heard = [cluster.a, cluster.b].map((node) => room.collectHints(node))
      // The way of the hints is open once the members were read behind the watch, as with a log.
      for (const node of [cluster.a, cluster.b]) await room.readPage(node)
      for (let n = 0; n < 20; n++) await room.enter({ session: `session${n % 7}`, state: n })
      for (let n = 0; n < 7; n++) await room.leave(`session${n}`)
      await cluster.until('both nodes hear of every change', () =>
        heard.every(({ hints }) => hints.length >= room.revisions.length),
      )
      for (const { hints, undo } of heard) {
        same(
          [...new Set(hints.map(({ revision }) => revision))].sort((a, b) => a - b),
          room.revisions,
          'the revisions',
        )
        undo()
      }
    },
  },
  {
    name: 'presence: an operation without a change makes no hint',
    async run(cluster) {
      const room = new CheckedPresence(cluster)
      await room.enter({ session: 'session1', generation: 2, state: 'x' })
      const { hints, undo } = room.collectHints()
      await cluster.untilStable(() => hints.length)
      const before = hints.length
      await room.enter({ session: 'session1', generation: 2, state: 'x' })
      await room.enter({ session: 'session1', generation: 2 })
      await room.enter({ session: 'session1', generation: 1, state: 'y' })
      await room.leave('session1', { generation: 1 })
      await room.leave('session2', { generation: 1 })
      await cluster.untilStable(() => hints.length)
      same(hints.slice(before), [], 'the hints')
      undo()
    },
  },
  {
    name: 'presence: revisions grow with every change, also over an empty room, and are never used again',
    async run(cluster) {
      const room = new CheckedPresence(cluster)
      const elsewhere = new CheckedPresence(cluster, '#elsewhere')
      for (let round = 0; round < 4; round++) {
        await room.enter({ session: 'session1' })
        await room.enter({ session: 'session1', state: round })
        await elsewhere.enter({ session: 'session1' })
        await room.leave('session1', { keep: round % 2 === 0 ? 0 : longLease })
        const { revision } = await room.readPage()
        holds(
          revision >= room.lastRevision.revision,
          'an empty room has an older revision than its last leave',
        )
        await elsewhere.leave('session1')
      }
      for (const { revisions } of [room, elsewhere])
        same(new Set(revisions).size, revisions.length, `the number of revisions of ${revisions.join()}`)
    },
  },
  {
    name: 'presence: listeners of a room do not disturb each other, and stop with their undo',
    async run(cluster) {
      const room = new CheckedPresence(cluster)
      const [first, second] = [room.collectHints(), room.collectHints()]
      await room.enterUntil('both hear', () => first.hints.length > 0 && second.hints.length > 0)
      first.undo()
      first.undo()
      await cluster.untilStable(() => first.hints.length)
      const stopped = first.hints.length
      const before = second.hints.length
      await room.enterUntil('the other hears on', () => second.hints.length > before)
      same(first.hints.length, stopped, 'the number of hints after the undo')
      second.undo()
    },
  },
  {
    name: 'presence: a closed node gets no hints, and its sessions stay for their lease',
    async run(cluster) {
      const room = new CheckedPresence(cluster)
      const [closed, open] = [room.collectHints(cluster.b), room.collectHints(cluster.a)]
      await room.enter({ session: 'session1', node: 'node2' }, cluster.b)
      await cluster.awaitAnswer('a node closes', cluster.b.close())
      await cluster.untilStable(() => closed.hints.length)
      const before = closed.hints.length
      const heard = open.hints.length
      await room.enterUntil('the other hears on', () => open.hints.length > heard)
      same(closed.hints.length, before, 'the hints of a closed node')
      same((await room.readPage(cluster.a)).members.length, 2, 'the number of members')
      open.undo()
    },
  },
  {
    name: 'presence: names are data: rooms, sessions and users with any characters are told apart (BP-10)',
    run: namesAreData,
  },
  {
    name: 'presence: two clusters are separate',
    async run(cluster) {
      const room = new CheckedPresence(cluster)
      const stranger = await cluster.awaitAnswer('a stranger starts', cluster.bench.stranger())
      const { hints, undo } = room.collectHints(stranger)
      const own = room.collectHints()
      await room.enterUntil('its own nodes hear', () => own.hints.length > 0)
      same((await room.readPage(stranger)).members, [], 'the members for a stranger')
      same(hints, [], 'the hints of a stranger')
      undo()
      own.undo()
      await cluster.awaitAnswer('a stranger closes', stranger.close())
    },
  },
]

async function tellsEveryNode(cluster: Cluster): Promise<void> {
  const room = new CheckedPresence(cluster)
  const elsewhere = new CheckedPresence(cluster, '#elsewhere').collectHints()
  const start = await room.readPage()
  const heard = [cluster.a, cluster.b].map((node) => room.collectHints(node))
  const done = new Map<number, { prev: number; change: PresenceHint['changes'][number] }>()
  let prev = start.revision
  const note = (change: PresenceHint['changes'][number]): void => {
    done.set(room.lastRevision.revision, { prev, change })
    prev = room.lastRevision.revision
  }
  let round = 0
  const kinds = (): number =>
    new Set(heard.flatMap(({ hints }, n) => hints.map((hint) => `${n} ${kind(hint)}`))).size
  await cluster.until('both nodes hear of enters and leaves', async () => {
    if (kinds() === 4) return true
    const entering = { session: 'session1', generation: ++round, state: { round } }
    await room.enter(entering, round % 2 === 0 ? cluster.a : cluster.b)
    note({ session: 'session1', member: room.recordOf(entering) })
    await room.leave('session1', { generation: round })
    note({ session: 'session1', member: null })
    await cluster.untilStable(kinds)
    return kinds() === 4
  })
  for (const { epoch, prev, revision, changes } of heard.flatMap(({ hints }) => hints)) {
    same(epoch, start.epoch, 'the epoch of a hint')
    same({ prev, change: changes[0] }, done.get(revision), 'the change of a hint, and the revision before')
    same(changes.length, 1, 'the number of changes')
  }
  same(elsewhere.hints, [], 'the hints of another room')
  for (const { undo } of [...heard, elsewhere]) undo()
}

const kind = ({ changes }: PresenceHint): string => (changes[0]?.member === null ? 'leave' : 'enter')

/** Rooms and sessions whose pairs are the same text when they are joined without care. */
const careless = [
  ['#a:b', 'c'],
  ['#a', 'b:c'],
  ['#a\nb', 'c'],
  ['#a', 'b\nc'],
  ['#a","b', 'c'],
  ['#a', 'b","c'],
  ['#a', '__proto__'],
  ['#a', 'constructor'],
] as const

async function namesAreData(cluster: Cluster): Promise<void> {
  const rooms = awkwardNames.map((name) => ({ name, room: new CheckedPresence(cluster, name) }))
  const heard = rooms.map(({ room }) => room.collectHints())
  const entering = (name: string): { session: string; user: string; state: unknown } => ({
    session: `session of ${name}`,
    user: `user of ${name}`,
    state: `state of ${name}`,
  })
  for (const { name, room } of rooms) await room.enter(entering(name))
  for (const { name, room } of rooms)
    same((await room.readPage()).members, [room.recordOf(entering(name))], `the members of ${name}`)
  await cluster.untilStable(() => heard.map(({ hints }) => hints.length).join())
  for (const [n, { hints, undo }] of heard.entries()) {
    for (const { changes } of hints)
      same(
        changes[0]?.session,
        `session of ${awkwardNames[n]}`,
        `the session of a hint of ${awkwardNames[n]}`,
      )
    undo()
  }
  const pairs = careless.map(([name, session]) => ({ room: new CheckedPresence(cluster, name), session }))
  for (const [n, { room, session }] of pairs.entries()) await room.enter({ session, state: n })
  for (const [n, { room, session }] of pairs.entries())
    same(await room.readState(session), n, `the state of ${session}`)
  for (const { room, session } of pairs) await room.leave(session, { keep: longLease })
  for (const [n, { room, session }] of pairs.entries()) {
    await room.enter({ session, generation: 2 })
    same(await room.readState(session), n, `the remembered state of ${session}`)
  }
}
