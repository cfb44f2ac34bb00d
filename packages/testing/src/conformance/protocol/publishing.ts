import { contains, holds, same } from '../check.ts'
import type { ProtocolCase } from './case.ts'
import { messageOf } from './frames.ts'

/** Sending messages: to rooms, to users, to everyone. */
export const publishing: readonly ProtocolCase[] = [
  {
    name: 'a send is answered with the position and the id of the message',
    rules: ['P-PB-1', 'P-PB-5'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.welcomed()
      const { result } = await client.requestAs(41, 'send', room, 'e', 1)
      const { epoch, at, ...rest } = result
      same([typeof epoch, typeof at], ['string', 'number'], 'the types of epoch and offset')
      same(rest, { id: `${client.sessionId}.41` }, 'the other keys of the answer')
      const history = (await hub.history(room)).map((message) => [message.at, message.id, message.from])
      same(history, [[at, result.id, client.user]], 'the history')
    },
  },
  {
    name: 'a message comes once to a sender that joined, with its id',
    rules: ['P-ST-9'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.joined(room)
      const { at, id } = await client.succeed('send', room, 'e', { a: 1 })
      const expected = { address: room, at, event: 'e', data: { a: 1 }, from: client.user, id, meta: null }
      contains((await client.messages(room, 1))[0], expected, 'the message')
      await client.roundTrip()
      same(client.all('msg', room).length, 1, 'the number of messages')
    },
  },
  {
    name: 'a send needs no join and joins nothing',
    rules: ['P-PB-1'],
    async run(hub) {
      const room = hub.room()
      const other = await hub.joined(room)
      const client = await hub.welcomed()
      await client.succeed('send', room, 'e', 1)
      await other.messages(room, 1)
      await client.roundTrip()
      same(client.all('msg'), [], 'the messages of the sender')
    },
  },
  {
    name: 'the hub sets the sender, whatever a client writes',
    rules: ['P-AD-3'],
    async run(hub) {
      const room = hub.room()
      const [other, client] = [await hub.joined(room), await hub.welcomed()]
      client.write(['cast', room, 'c', 1, { from: 'mallory', session: 'x', key: 'k' }, 'mallory', 'x'])
      client.write(['send', 1, room, 'm', { from: 'mallory' }, null, 'mallory', 'mallory.1'])
      const cast = ['cast', room, 'c', 1, client.user, client.sessionId, 'k']
      same(await other.next('cast'), cast, 'the cast')
      const message = messageOf(await other.next('msg'))
      const expected = { from: client.user, id: `${client.sessionId}.1`, data: { from: 'mallory' } }
      contains(message, expected, 'the message')
    },
  },
  {
    name: 'a message to a user comes to every session of the user, and to no other session',
    rules: ['P-AD-2'],
    needs: ['users'],
    async run(hub) {
      const user = hub.user()
      const address = `@${user.id}`
      const tabs = await Promise.all([1, 2, 3].map(() => hub.welcomed({ user })))
      const sender = await hub.welcomed()
      const { at, id } = await sender.succeed('send', address, 'dm', 'psst')
      for (const tab of tabs) {
        const [message] = await tab.messages(address, 1)
        contains(message, { at, id, from: sender.user }, 'the message')
      }
      await sender.roundTrip()
      same(sender.all('msg'), [], 'the messages of the sender')
    },
  },
  {
    name: 'a message to the own inbox comes to every session of its sender',
    rules: ['P-AD-2'],
    needs: ['users'],
    async run(hub) {
      const user = hub.user()
      const tabs = await Promise.all([1, 2].map(() => hub.welcomed({ user })))
      await tabs[0]?.succeed('send', `@${user.id}`, 'note', 1)
      for (const tab of tabs) {
        const [message] = await tab.messages(`@${user.id}`, 1)
        contains(message, { event: 'note', from: user.id }, 'the message')
      }
    },
  },
  {
    name: 'a message to everyone comes to every session, also to its sender',
    rules: ['P-AD-2', 'P-ST-9'],
    needs: ['everyone'],
    async run(hub) {
      const clients = await Promise.all([1, 2, 3].map(() => hub.welcomed()))
      const event = `to everyone ${clients[0]?.sessionId}`
      await clients[0]?.succeed('send', '*', event, 1)
      for (const client of clients) await client.heard('*', event)
    },
  },
  {
    name: 'a message to a user who is away waits in the log',
    rules: ['P-ST-2', 'P-PB-1'],
    needs: ['users'],
    async run(hub) {
      const user = hub.user()
      const address = `@${user.id}`
      const [client, sender] = [await hub.welcomed({ user }), await hub.welcomed()]
      const { epoch, at, id } = await sender.succeed('send', address, 'first', 1)
      await client.cut()
      await sender.succeed('send', address, 'second', 1)
      const back = await hub.welcomed({ user, hello: { streams: { [address]: [epoch, at, id] } } })
      same(back.welcome.streams[address]?.mode, 'replay', 'the mode')
      same((await back.messages(address, 1))[0]?.event, 'second', 'the first message')
    },
  },
  {
    name: 'messages are linked by prev, which is left out for the offset before',
    rules: ['P-ST-1'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.joined(room)
      await hub.fill(client, room, { count: 20 })
      await client.messages(room, 20)
      let last = 0
      for (const frame of client.all('msg', room)) {
        const { at, prev } = messageOf(frame)
        same(prev, last, `\`prev\` of the message at ${at}`)
        holds(frame[8] !== at - 1, `\`prev\` of the message at ${at} is to be left out`)
        last = at
      }
    },
  },
]
