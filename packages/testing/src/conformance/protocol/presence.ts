import { contains, holds, oneOf, same } from '../check.ts'
import type { ProtocolCase } from './case.ts'
import type { HubUnderTest } from './hub-under-test.ts'

const cases: readonly ProtocolCase[] = [
  {
    name: 'a join is answered with the members, its own session included, and other members are told',
    rules: ['P-PR-1', 'P-PR-3'],
    run: tellsMembers,
  },
  {
    name: 'another state is told to every member, its own session included, one version further',
    rules: ['P-PR-2', 'P-PR-3'],
    async run(hub) {
      const room = hub.room()
      const alice = await hub.welcomed()
      const { version } = await alice.succeed('join', room)
      await alice.succeed('state', room, 'busy')
      await alice.succeed('state', room, null)
      await alice.until('two frames of presence come', () => alice.all('presence', room)[1])
      const changes = [
        ['presence', room, version + 1, [[alice.sessionId, alice.user, 'busy']], []],
        ['presence', room, version + 2, [[alice.sessionId, alice.user, null]], []],
      ]
      same(alice.all('presence', room), changes, 'the changes')
      contains(await alice.succeed('who', room), { version: version + 2, count: 1 }, 'the answer to who')
    },
  },
  ...([['a leave'], ['a close with 1000'], ['a close with 1001', 'goingAway']] as const).map(
    ([how, ...needs]) => ({
      name: `a member leaves at once by ${how}`,
      rules: ['P-PR-3', 'P-PR-5'],
      needs,
      async run(hub: HubUnderTest) {
        const room = hub.room()
        const [alice, bob] = [await hub.welcomed(), await hub.welcomed()]
        await bob.succeed('join', room)
        const { version } = await alice.succeed('join', room)
        if (how === 'a leave') await bob.succeed('leave', room)
        else bob.close(Number(how.slice(-4)))
        const change = ['presence', room, version + 1, [], [bob.sessionId]]
        same(await alice.next('presence'), change, 'the change')
      },
    }),
  ),
  {
    name: 'a member stays when its connection is lost and its session resumed',
    rules: ['P-PR-5', 'P-PR-6'],
    async run(hub) {
      const room = hub.room()
      const [alice, bob] = [await hub.welcomed(), await hub.welcomed()]
      await bob.succeed('join', room, { state: 'here' })
      const { version } = await alice.succeed('join', room)
      await bob.cut()
      const back = await hub.resume(bob, 1, { hello: { streams: { [room]: null } } })
      const { streams } = await back.welcomed()
      holds(!('members' in (streams[room] ?? {})), 'the welcome tells the members')
      const here = await back.succeed('who', room)
      contains(here, { version, count: 2 }, 'the answer to who')
      const state = here.members.find(([session]) => session === bob.sessionId)
      same(state, [bob.sessionId, bob.user, 'here'], 'the member')
      await alice.roundTrip()
      same(alice.all('presence', room), [], 'the changes that others are told')
    },
  },
  {
    name: 'who gives the members a page at a time',
    rules: ['P-PR-1'],
    async run(hub) {
      const room = hub.room()
      const clients = [await hub.welcomed(), await hub.welcomed(), await hub.welcomed()]
      for (const client of clients) await client.succeed('join', room)
      const reader = await hub.welcomed()
      const seen: string[] = []
      for (let more = true; more; ) {
        const page = await reader.succeed('who', room, { limit: 1, after: seen.at(-1) })
        same([page.count, page.members.length], [3, 1], 'the count and the length of a page')
        seen.push(...page.members.map(([session]) => session))
        more = page.more
      }
      same(seen.sort(), clients.map(({ sessionId }) => sessionId).sort(), 'the members')
    },
  },
  {
    name: 'a state needs a room that is joined, and * and inboxes have no presence',
    rules: ['P-PR-6', 'P-AD-2'],
    async run(hub) {
      const client = await hub.welcomed()
      same((await client.request('state', hub.room(), 1)).code, 'not_found', 'the answer to state')
      for (const address of ['*', `@${client.user}`])
        for (const [type, ...elements] of [['who'], ['state', 1]] as const) {
          const { code } = await client.request(type, address, ...elements)
          oneOf(code, ['unsupported', 'forbidden'], `the answer to ${type} for ${address}`)
        }
    },
  },
]

/** Members of rooms. */
export const presence: readonly ProtocolCase[] = cases.map(({ needs = [], ...one }) => ({
  ...one,
  needs: ['presence', ...needs],
}))

async function tellsMembers(hub: HubUnderTest): Promise<void> {
  const room = hub.room()
  const alice = await hub.welcomed()
  const first = await alice.succeed('join', room)
  const member = [alice.sessionId, alice.user, null]
  contains(first, { count: 1, members: [member], more: false }, 'the answer to the first join')
  const bob = await hub.welcomed()
  const { version, count, members } = await bob.succeed('join', room, { state: { mood: 'good' } })
  const joined = [bob.sessionId, bob.user, { mood: 'good' }]
  same(count, 2, 'the count')
  const bySession = (a: readonly unknown[], b: readonly unknown[]): number => (`${a[0]}` < `${b[0]}` ? -1 : 1)
  same([...members].sort(bySession), [member, joined].sort(bySession), 'the members')
  const change = ['presence', room, first.version + 1, [joined], []]
  same(await alice.next('presence'), change, 'the change')
  await bob.roundTrip()
  same([version, bob.all('presence', room)], [first.version + 1, []], 'the version and changes of the joined')
}
