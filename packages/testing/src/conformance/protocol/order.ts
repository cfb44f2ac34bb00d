import { contains, oneOf, rises, same } from '../check.ts'
import type { ProtocolCase } from './case.ts'
import type { HubUnderTest } from './hub-under-test.ts'

/** Leaving, and the order of frames and operations. */
export const order: readonly ProtocolCase[] = [
  {
    name: 'a leave ends the messages and casts of the room',
    rules: ['P-ST-10'],
    async run(hub) {
      const { room, sender } = await hub.filledRoom(1)
      const client = await hub.joined(room)
      await client.succeed('leave', room)
      sender.write(['cast', room, 'late', 1])
      await sender.succeed('send', room, 'late', 1)
      await hub.expectHistory(room, ['e1', 'late'])
      await client.roundTrip()
      same([...client.all('msg', room), ...client.all('cast', room)], [], 'the frames of the room')
    },
  },
  {
    name: 'a leave does not end the messages of the own inbox',
    rules: ['P-ST-10'],
    needs: ['users'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.joined(room)
      const sender = await hub.welcomed()
      await client.succeed('leave', room)
      await sender.succeed('send', room, 'late', 1)
      await sender.succeed('send', `@${client.user}`, 'dm', 1)
      await client.messages(`@${client.user}`, 1)
      await client.roundTrip()
      same(client.all('msg', room), [], 'the messages of the room')
    },
  },
  {
    name: 'a leave of a room that is not joined is ok',
    rules: ['P-ST-4'],
    async run(hub) {
      const client = await hub.welcomed()
      for (const _ of [1, 2])
        contains(await client.request('leave', hub.room()), { code: 'ok' }, 'the answer')
    },
  },
  {
    name: 'a leave of * and of the own inbox is unsupported',
    rules: ['P-ST-4'],
    async run(hub) {
      const client = await hub.welcomed()
      for (const address of ['*', `@${client.user}`])
        same((await client.request('leave', address)).code, 'unsupported', `the answer for ${address}`)
    },
  },
  {
    name: 'messages of * and of the own inbox go on after a leave',
    rules: ['P-ST-4'],
    needs: ['everyone', 'users'],
    async run(hub) {
      const client = await hub.welcomed()
      for (const address of ['*', `@${client.user}`]) {
        await client.request('leave', address)
        await client.succeed('send', address, `after ${client.sessionId}`, 1)
        await client.heard(address, `after ${client.sessionId}`)
      }
    },
  },
  {
    name: 'the answer to a join comes before every frame of the room, while other users write',
    rules: ['P-ST-10', 'P-ST-4'],
    async run(hub) {
      const { room, sender, positions } = await hub.filledRoom(20)
      const client = await hub.welcomed()
      for (let n = 21; n <= 60; n++) {
        sender.write(['send', sender.nextRef(), room, `e${n}`, 1], ['cast', room, 'c', n])
        if (n === 40) client.write(['join', 1, room, { since: positions[0] }])
      }
      await client.messages(room, 59)
      const ofRoom = client.frames.filter(([type, a]) => (type === 'ok' && a === 1) || a === room)
      same(ofRoom[0]?.[0], 'ok', 'the first frame')
      const expected = Array.from({ length: 59 }, (_, n) => `e${n + 2}`)
      same(client.events(room), expected, 'the messages')
    },
  },
  {
    name: 'the operations of one transmission take effect as they were written',
    rules: ['P-PB-9'],
    run: asWritten,
  },
  {
    name: 'the answers to the sends of one address come in the order of their refs',
    rules: ['P-ST-10', 'P-PB-4'],
    async run(hub) {
      const rooms = [hub.room(), hub.room(), hub.room()]
      const client = await hub.welcomed()
      const refs = Array.from({ length: 60 }, (_, n) => n + 1)
      client.write(...refs.map((ref) => ['send', ref, rooms[ref % 3], `e${ref}`, ref]))
      await client.codes(refs)
      const answered = client.all('ok').map(([, ref]) => ref as number)
      for (const [n, room] of rooms.entries()) {
        const mine = refs.filter((ref) => ref % 3 === n)
        const order = answered.filter((ref) => ref % 3 === n)
        same(order, mine, 'the order of the answers')
        await hub.expectHistory(
          room,
          mine.map((ref) => `e${ref}`),
        )
      }
    },
  },
  {
    name: 'every session sees one order of messages, whichever users write',
    rules: ['P-ST-1', 'P-PB-4'],
    run: oneOrder,
  },
]

async function asWritten(hub: HubUnderTest): Promise<void> {
  const room = hub.room()
  const client = await hub.welcomed()
  client.write(
    ['join', 1, room],
    ['send', 2, room, 'in', 1],
    ['leave', 3, room],
    ['send', 4, room, 'out', 1],
    ['read', 5, room],
    ['join', 6, room],
    ['send', 7, room, 'again', 1],
  )
  const answers = await Promise.all([1, 2, 3, 4, 5, 6, 7].map((ref) => client.answer(ref)))
  const [joined, , , out, read, again] = answers.map(({ result }) => result)
  for (const { code } of answers) same(code, 'ok', 'an answer')
  same(joined?.at, 0, 'the position of the first join')
  same(
    read?.messages.map(([, , , event]) => event),
    ['in', 'out'],
    'the history',
  )
  same([again?.at, again?.mode], [out?.at, 'live'], 'the position of the second join')
  await client.heard(room, 'again')
  const events = client.events(room)
  oneOf(events, [['in', 'again'], ['again']], 'the messages')
}

async function oneOrder(hub: HubUnderTest): Promise<void> {
  const room = hub.room()
  const clients = await Promise.all([1, 2, 3, 4].map(() => hub.joined(room)))
  for (let n = 1; n <= 15; n++)
    for (const client of clients) client.write(['send', n, room, `${client.user}/${n}`, n])
  const seen = await Promise.all(clients.map((client) => client.messages(room, 60)))
  const history = await hub.history(room)
  for (const messages of seen) same(messages, history, 'the messages of a session')
  rises(
    history.map(({ at }) => at),
    'the offsets',
  )
  for (const { user } of clients) {
    const own = history.filter(({ from }) => from === user).map(({ data }) => Number(data))
    rises(own, `the messages of ${user}`)
  }
}
