import { holds, oneOf, same } from '../check.ts'
import type { ProtocolCase } from './case.ts'
import type { ProtocolClient } from './client.ts'
import { messageOf, positionOf, type WirePosition } from './frames.ts'
import type { HubUnderTest } from './hub-under-test.ts'

/** Event of the message behind all other messages. */
const last = 'the last'

/** Joining, leaving and resuming while other users write. */
export const concurrency: readonly ProtocolCase[] = [
  {
    name: 'a session that comes while other users write misses no message and gets no message twice',
    rules: ['P-ST-4', 'P-HS-7'],
    async run(hub) {
      const room = hub.room()
      const sender = await hub.welcomed()
      const since = positionOf(await sender.succeed('send', room, 'first', 1))
      const readers: Promise<ProtocolClient>[] = []
      const written = crowd(hub, room, { users: 4, each: 60 })
      for (let n = 0; n < 20; n++) {
        readers.push(hub.welcomed({ hello: { streams: { [room]: since } } }))
        await sender.roundTrip()
      }
      await written
      await sender.succeed('send', room, last, 1)
      const expected = (await hub.history(room)).map(({ at }) => at).slice(1)
      for (const reader of await Promise.all(readers)) {
        await reader.heard(room, last)
        same(offsets(reader, room), expected, 'the offsets of the messages')
      }
    },
  },
  {
    name: 'a session that joins with a position again and again misses no message',
    rules: ['P-ST-4', 'P-ST-10'],
    run: joinsAgain,
  },
  {
    name: 'a session that joins and leaves while other users write gets no message in between',
    rules: ['P-ST-10', 'P-PB-9'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.welcomed()
      const written = crowd(hub, room, { users: 3, each: 60 })
      const caster = await hub.welcomed()
      for (let n = 0; n < 40; n++) {
        caster.write(['cast', room, 'c', n])
        const [join, leave] = [client.nextRef(), client.nextRef()]
        if (n % 2 === 0) client.write(['join', join, room], ['leave', leave, room])
        else {
          await client.requestAs(join, 'join', room)
          client.write(['leave', leave, room])
        }
        same((await client.answer(leave)).code, 'ok', 'the answer to a leave')
      }
      await written
      await client.roundTrip()
      same(client.complaints, [], 'frames that a hub must not write')
    },
  },
  {
    name: 'a session that loses its connection again and again gets and stores each message once',
    rules: ['P-PB-2', 'P-ST-2'],
    run: losesConnections,
  },
]

async function joinsAgain(hub: HubUnderTest): Promise<void> {
  const room = hub.room()
  const sender = await hub.welcomed()
  let since: WirePosition = positionOf(await sender.succeed('send', room, 'first', 1))
  const reader = await hub.welcomed({ hello: { streams: { [room]: since } } })
  const written = crowd(hub, room, { users: 3, each: 60 })
  for (let n = 0; n < 25; n++) {
    const start = await reader.succeed('join', room, n % 2 === 0 ? { since } : {})
    oneOf(start.mode, ['live', 'replay'], 'the mode')
    if (n % 2 === 0) same(positionOf(start), since, 'the position')
    const newest = reader.all('msg', room).at(-1)
    if (newest === undefined) continue
    const { at, id } = messageOf(newest)
    since = [since[0], at, id]
  }
  await written
  await sender.succeed('send', room, last, 1)
  await reader.heard(room, last)
  const expected = (await hub.history(room)).map(({ at }) => at).slice(1)
  const got = [...new Set(offsets(reader, room))].sort((a, b) => a - b)
  same(got, expected, 'the offsets of the messages')
}

async function losesConnections(hub: HubUnderTest): Promise<void> {
  const room = hub.room()
  let client = await hub.welcomed()
  let since: WirePosition = positionOf(await client.succeed('send', room, 'first', 1))
  const got: number[] = []
  const refs = Array.from({ length: 40 }, (_, n) => n + 2)
  for (let n = 0; n < refs.length; n += 5) {
    client = await hub.resume(client, 1, { hello: { streams: { [room]: since } } })
    same((await client.welcomed()).resumed, true, '`resumed`')
    // The five sends before, whether they were answered or not, and five new sends.
    for (const ref of refs.slice(Math.max(0, n - 5), n + 5)) client.write(['send', ref, room, `e${ref}`, ref])
    await client.answer(refs[n + 2] ?? 0)
    await client.cut()
    const messages = client.all('msg', room).map(messageOf)
    got.push(...messages.map(({ at }) => at))
    const { at, id } = messages.at(-1) ?? { at: since[1], id: since[2] }
    since = [since[0], at, id]
  }
  const history = (await hub.history(room)).slice(1)
  same(
    history.map(({ event }) => event),
    refs.slice(0, history.length).map((ref) => `e${ref}`),
    'the history',
  )
  holds(history.length >= refs.length - 2, `${history.length} of ${refs.length} messages are stored`)
  same(
    got,
    history.slice(0, got.length).map(({ at }) => at),
    'the offsets of the messages',
  )
}

/** Lets users write at the same time, each a number of messages in order, and waits until all are stored. */
async function crowd(
  hub: HubUnderTest,
  room: string,
  { users, each }: { readonly users: number; readonly each: number },
): Promise<void> {
  const clients = await Promise.all(Array.from({ length: users }, () => hub.welcomed()))
  const write = async (client: ProtocolClient): Promise<void> => {
    for (let n = 0; n < each; n++) await client.succeed('send', room, `${client.user}/${n}`, 1)
  }
  await Promise.all(clients.map(write))
}

const offsets = (client: ProtocolClient, room: string): number[] =>
  client.all('msg', room).map((frame) => messageOf(frame).at)
