import { contains, oneOf, same } from '../check.ts'
import type { ProtocolCase } from './case.ts'
import { nested, positionOf, type WireStream } from './frames.ts'
import type { HubUnderTest } from './hub-under-test.ts'

/** Values that are no position. */
const noPositions = [
  1,
  'x',
  {},
  [],
  ['e'],
  ['e', 1.5, 'x.1'],
  ['e', -1, null],
  ['e', 0, 'x.1'],
  [1, 2, 3],
  false,
]

/** The addresses that a `hello` joins. */
export const helloStreams: readonly ProtocolCase[] = [
  {
    name: 'each address of hello has an entry in the welcome: joined, or refused with the reason',
    rules: ['P-HS-7', 'P-FR-5', 'P-AD-2'],
    run: entersEach,
  },
  ...noPositions.map((position) => ({
    name: `the position ${JSON.stringify(position)} in hello spoils no other entry`,
    rules: ['P-FR-5', 'P-HS-7'],
    run: (hub: HubUnderTest) => spoilsOneEntry(hub, position),
  })),
  {
    name: 'deep, large and unknown parts of hello are ignored',
    rules: ['P-FR-3'],
    async run(hub) {
      const client = await hub.connect()
      const token = JSON.stringify(hub.user().token)
      const deep = nested(500)
      client.transmit(`["hello",{"v":[1,1],"token":${token},"x":${deep},"y":1e999,"v2":[9,9]},${deep},1e999]`)
      await client.welcomed()
    },
  },
  {
    name: 'a bad position of * or of the own inbox refuses the entry, or joins without it',
    rules: ['P-HS-7', 'P-FR-5'],
    needs: ['everyone'],
    async run(hub) {
      const user = hub.user()
      const inbox = `@${user.id}`
      const client = await hub.welcomed({ user, hello: { streams: { '*': 5, [inbox]: ['e'] } } })
      for (const address of ['*', inbox]) {
        oneOf(client.welcome.streams[address]?.mode, ['refused', 'live'], `the mode of ${address}`)
        await client.succeed('join', address)
        const event = `after ${client.sessionId}`
        await client.succeed('send', address, event, 1)
        await client.heard(address, event)
      }
    },
  },
  {
    name: 'a position of the own inbox is continued',
    rules: ['P-HS-7', 'P-ST-2'],
    needs: ['users'],
    async run(hub) {
      const user = hub.user()
      await continues(hub, `@${user.id}`, user)
    },
  },
  {
    name: 'a position of * is continued',
    rules: ['P-HS-7', 'P-ST-2'],
    needs: ['everyone'],
    run: (hub) => continues(hub, '*', hub.user()),
  },
]

async function entersEach(hub: HubUnderTest): Promise<void> {
  const room = hub.room()
  const user = hub.user()
  const bad = ['nowhere', '', '#', '#\u0000', `#${'x'.repeat(256)}`, '__proto__', 'constructor']
  const forbidden = [`@${hub.user().id}`, '~abcdefgh']
  const good = [room, '#__proto__', '#constructor']
  const client = await hub.joined([...good, ...bad, ...forbidden], user)
  const entries = new Map(Object.entries(client.welcome.streams))
  const expected = [...good, ...bad, ...forbidden, '*', `@${user.id}`]
  same([...entries.keys()].sort(), expected.sort(), 'the addresses in the welcome')
  for (const address of bad)
    contains(entries.get(address), { mode: 'refused', code: 'bad_request' }, `the entry of ${address}`)
  for (const address of forbidden)
    contains(entries.get(address), { mode: 'refused', code: 'forbidden' }, `the entry of ${address}`)
  for (const address of good) same(entries.get(address)?.mode, 'live', `the mode of ${address}`)
  await client.succeed('send', room, 'e', 1)
  await client.messages(room, 1)
}

async function spoilsOneEntry(hub: HubUnderTest, position: unknown): Promise<void> {
  const [bad, good] = [hub.room(), hub.room()]
  const client = await hub.welcomed({ hello: { streams: { [bad]: position, [good]: null } } })
  const { [bad]: spoiled, [good]: joined } = client.welcome.streams
  const keys = Object.keys(spoiled ?? {}).filter((key) => key !== 'message')
  same(keys.sort(), ['code', 'mode'], 'the keys of the entry, besides its message')
  same(spoiled?.mode, 'refused', 'the mode of the entry')
  same(joined?.mode, 'live', 'the mode of the other entry')
  await client.succeed('send', bad, 'e', 1)
  await client.succeed('send', good, 'e', 1)
  await client.messages(good, 1)
  same(client.all('msg', bad), [], 'the messages of the refused room')
}

async function continues(
  hub: HubUnderTest,
  address: string,
  user: ReturnType<HubUnderTest['user']>,
): Promise<void> {
  const sender = await hub.welcomed()
  await sender.succeed('send', address, `first ${user.id}`, 1)
  const client = await hub.welcomed({ user })
  const before = client.welcome.streams[address] as WireStream
  await client.cut()
  await sender.succeed('send', address, `missed ${user.id}`, 1)
  const back = await hub.resume(client, 1, { hello: { streams: { [address]: positionOf(before) } } })
  await back.welcomed()
  contains(back.welcome.streams[address], { mode: 'replay', at: before.at }, 'the entry in the welcome')
  await back.heard(address, `missed ${user.id}`)
  await back.roundTrip()
  same(back.events(address).includes(`first ${user.id}`), false, 'that a message before the position came')
}
