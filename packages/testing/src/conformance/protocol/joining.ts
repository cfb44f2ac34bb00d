import { contains, holds, oneOf, same } from '../check.ts'
import type { ProtocolCase } from './case.ts'
import { positionOf, type WirePosition } from './frames.ts'
import type { FilledRoom, HubUnderTest } from './hub-under-test.ts'

/** Returns the position of a message, counted from 0, or from the end when `index` is negative. */
const positionAt = ({ positions }: FilledRoom, index: number): WirePosition =>
  positions.at(index) ?? ['none', 0, null]

/** Joining an address: from its top, or from a position. */
export const joining: readonly ProtocolCase[] = [
  {
    name: 'a join of a new room is live at its top',
    rules: ['P-ST-3'],
    async run(hub) {
      const client = await hub.welcomed()
      const { epoch, ...start } = await client.succeed('join', hub.room())
      contains(start, { at: 0, id: null, top: 0, mode: 'live' }, 'the answer')
      holds(typeof epoch === 'string' && epoch.length <= 16, `the epoch is ${epoch}`)
    },
  },
  {
    name: 'a join without a position is live at the top, and no older message comes',
    rules: ['P-ST-3'],
    async run(hub) {
      const filled = await hub.filledRoom(3)
      const { room, sender } = filled
      const client = await hub.welcomed()
      const [epoch, at, id] = positionAt(filled, -1)
      contains(await client.succeed('join', room), { epoch, at, id, top: at, mode: 'live' }, 'the answer')
      await sender.succeed('send', room, 'new', 1)
      same((await client.messages(room, 1))[0]?.event, 'new', 'the first message')
    },
  },
  ...[0, 1, 2].map((n) => ({
    name: `a join with the position of message ${n} of 4 replays the messages behind it and goes on live`,
    rules: ['P-ST-2', 'P-ST-3'],
    run: (hub: HubUnderTest) => replaysFrom(hub, n),
  })),
  {
    name: 'a join with the position before the first message replays every message',
    rules: ['P-ST-2'],
    async run(hub) {
      const filled = await hub.filledRoom(3)
      const client = await hub.welcomed()
      const since = [positionAt(filled, 0)[0], 0, null]
      const start = await client.succeed('join', filled.room, { since })
      contains(start, { at: 0, id: null, mode: 'replay' }, 'the answer')
      await client.messages(filled.room, 3)
      same(client.events(filled.room), ['e1', 'e2', 'e3'], 'the messages')
    },
  },
  {
    name: 'a join with the position of the top is live',
    rules: ['P-ST-2'],
    async run(hub) {
      const filled = await hub.filledRoom(3)
      const client = await hub.welcomed()
      const since = positionAt(filled, -1)
      const start = await client.succeed('join', filled.room, { since })
      same([start.mode, positionOf(start)], ['live', since], 'the answer')
    },
  },
  {
    name: 'a join or hello with a position that the log does not have is a gap, with the first reason that applies',
    rules: ['P-ST-2', 'P-ST-3'],
    run: gapsWithReason,
  },
  {
    name: 'new messages come after a gap',
    rules: ['P-ST-3'],
    async run(hub) {
      const { room, sender } = await hub.filledRoom(2)
      const client = await hub.welcomed({ hello: { streams: { [room]: ['another', 1, 'x.1'] } } })
      await sender.succeed('send', room, 'new', 1)
      same((await client.messages(room, 1))[0]?.event, 'new', 'the first message')
    },
  },
  {
    name: 'a join with a position in a room without messages is a gap: absent',
    rules: ['P-ST-2'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.welcomed()
      const { epoch } = await client.succeed('join', room)
      for (const of of ['another', epoch]) {
        const start = await client.succeed('join', room, { since: [of, 5, 'x.5'] })
        contains(start, { mode: 'gap', reason: 'absent', at: 0, id: null }, `the answer for epoch ${of}`)
      }
    },
  },
  {
    name: 'a join of an empty room with its own position is live',
    rules: ['P-ST-2', 'P-ST-4'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.welcomed()
      const since = positionOf(await client.succeed('join', room))
      const again = await client.succeed('join', room, { since })
      same([again.mode, positionOf(again)], ['live', since], 'the answer')
    },
  },
  {
    name: 'a join with a position of an odd shape is a gap or closed with 4502, never a replay',
    rules: ['P-ST-2', 'P-FR-5'],
    async run(hub) {
      const filled = await hub.filledRoom(2)
      const [epoch, at, id] = positionAt(filled, 0)
      for (const since of [
        [epoch, at, null],
        ['', at, id],
        ['x'.repeat(17), at, id],
        [epoch, at, `${id}x`, 'more'],
      ]) {
        const client = await hub.welcomed()
        const answered = client.request('join', filled.room, { since }).then(({ result }) => result.mode)
        oneOf(await client.orCloseCode(answered), ['gap', 4502], `the outcome of ${JSON.stringify(since)}`)
      }
    },
  },
  {
    name: 'a join of a joined room changes nothing and is answered with the present position',
    rules: ['P-ST-4'],
    async run(hub) {
      const { room, sender } = await hub.filledRoom(2)
      const client = await hub.joined(room)
      const sent = await sender.succeed('send', room, 'e3', 1)
      await client.messages(room, 1)
      const again = await client.succeed('join', room)
      contains(again, { mode: 'live', top: sent.at }, 'the answer')
      same(positionOf(again), positionOf(sent), 'the position')
      await sender.succeed('send', room, 'e4', 1)
      await client.messages(room, 2)
      same(client.events(room), ['e3', 'e4'], 'the messages')
    },
  },
  {
    name: 'a join of a joined room with a position goes on from there',
    rules: ['P-ST-4'],
    async run(hub) {
      const filled = await hub.filledRoom(3)
      const { room } = filled
      const client = await hub.joined(room)
      const since = positionAt(filled, 0)
      for (const count of [2, 4]) {
        same((await client.succeed('join', room, { since })).mode, 'replay', 'the mode')
        await client.messages(room, count)
      }
      same(client.events(room), ['e2', 'e3', 'e2', 'e3'], 'the messages')
    },
  },
  {
    name: 'a join, read or leave with a ref that was used runs again',
    rules: ['P-PB-2'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.welcomed()
      for (const _ of [1, 2, 3])
        same((await client.requestAs(7, 'join', room)).code, 'ok', 'the answer to a join')
      for (const type of ['read', 'leave'])
        same((await client.requestAs(2, type, room)).code, 'ok', `the answer to a ${type}`)
    },
  },
  {
    name: 'a join of the own inbox works as that of a room, also with a position',
    rules: ['P-ST-4', 'P-HS-7'],
    needs: ['users'],
    async run(hub) {
      const user = hub.user()
      await joinsUnasked(hub, `@${user.id}`, user)
    },
  },
  {
    name: 'a join of * works as that of a room, also with a position',
    rules: ['P-ST-4', 'P-HS-7'],
    needs: ['everyone'],
    run: (hub) => joinsUnasked(hub, '*', hub.user()),
  },
]

async function replaysFrom(hub: HubUnderTest, n: number): Promise<void> {
  const filled = await hub.filledRoom(4)
  const { room, sender } = filled
  const client = await hub.welcomed()
  const since = positionAt(filled, n)
  const { reason, ...start } = await client.succeed('join', room, { since })
  same(positionOf(start), since, 'the position')
  contains(start, { mode: 'replay', top: positionAt(filled, -1)[1] }, 'the answer')
  same(reason, undefined, 'the reason')
  await sender.succeed('send', room, 'new', 1)
  const missed = ['e1', 'e2', 'e3', 'e4'].slice(n + 1)
  await client.messages(room, missed.length + 1)
  same(client.events(room), [...missed, 'new'], 'the messages')
  await client.roundTrip()
  same(client.all('gap'), [], 'the gaps')
}

async function gapsWithReason(hub: HubUnderTest): Promise<void> {
  const filled = await hub.filledRoom(3)
  const { room, sender } = filled
  const [epoch, at, id] = positionAt(filled, 1)
  const [, top, last] = positionAt(filled, -1)
  const positions: readonly (readonly [WirePosition, reason: string])[] = [
    [[epoch, at, 'forged.1'], 'diverged'],
    [[epoch, at, last], 'diverged'],
    [[epoch, at, ''], 'diverged'],
    [[epoch, top + 1, `${sender.sessionId}.9`], 'diverged'],
    [[epoch, 2 ** 53 - 1, id], 'diverged'],
    [['another', at, id], 'epoch'],
    [['another', 0, null], 'epoch'],
    [['another', top + 1, 'forged.1'], 'epoch'],
    [['__proto__', at, id], 'epoch'],
  ]
  for (const [since, reason] of positions) {
    const expected = { epoch, at: top, id: last, top, mode: 'gap', reason }
    const byJoin = await hub.welcomed()
    const start = await byJoin.succeed('join', room, { since })
    contains(start, expected, `the answer to a join with ${JSON.stringify(since)}`)
    const byHello = await hub.welcomed({ hello: { streams: { [room]: since } } })
    contains(byHello.welcome.streams[room], expected, `the entry for ${JSON.stringify(since)}`)
    for (const client of [byJoin, byHello]) {
      await client.roundTrip()
      same([...client.all('msg', room), ...client.all('gap')], [], 'the frames after a gap')
    }
  }
  await sender.succeed('send', room, 'new', 1)
}

/** Joins an address that is received without a join. */
async function joinsUnasked(
  hub: HubUnderTest,
  address: string,
  user: ReturnType<HubUnderTest['user']>,
): Promise<void> {
  const sender = await hub.welcomed()
  const client = await hub.welcomed({ user })
  const [one, two] = [`one ${user.id}`, `two ${user.id}`]
  const count = (event: string): number => client.events(address).filter((each) => each === event).length
  const first = await sender.succeed('send', address, one, 1)
  await sender.succeed('send', address, two, 1)
  await client.heard(address, two)
  same((await client.succeed('join', address)).mode, 'live', 'the mode without a position')
  same((await client.succeed('join', address, { since: positionOf(first) })).mode, 'replay', 'the mode')
  await client.until('the second message comes again', () => count(two) === 2 || undefined)
  same([count(one), count(two)], [1, 2], 'how often the messages come')
}
