import { contains, holds, oneOf, same } from '../check.ts'
import type { ProtocolCase } from './case.ts'
import { brief, textOf, type WireLimits } from './frames.ts'
import type { ProtocolUser } from './harness.ts'
import type { HubUnderTest } from './hub-under-test.ts'

/** Largest transmission before the `welcome`, in bytes. */
const largestHello = 16 * 1024

const limitNames: readonly (keyof WireLimits)[] = [
  ...(['frame', 'transmission', 'depth', 'rooms', 'inflight', 'rate', 'burst', 'queue', 'replay'] as const),
]

/** The `welcome`, and the versions and the size of the `hello` before it. */
export const welcome: readonly ProtocolCase[] = [
  {
    name: 'the welcome is the first frame and has all its parts',
    rules: ['P-HS-1', 'P-HS-4', 'P-LV-3'],
    run: hasAllParts,
  },
  {
    name: 'every welcome names the same node, and a session and secret of its own',
    rules: ['P-HS-4', 'P-PB-5'],
    async run(hub) {
      const user = hub.user()
      const clients = await Promise.all(Array.from({ length: 8 }, () => hub.welcomed({ user })))
      const welcomes = clients.map((client) => client.welcome)
      same(new Set(welcomes.map(({ node }) => node)).size, 1, 'the number of nodes')
      same(new Set(welcomes.map(({ session }) => session.id)).size, 8, 'the number of sessions')
      same(new Set(welcomes.map(({ session }) => session.secret)).size, 8, 'the number of secrets')
    },
  },
  {
    name: 'the frames behind hello run after the welcome',
    rules: ['P-HS-2'],
    async run(hub) {
      const room = hub.room()
      const behind = [
        ['join', 1, room],
        ['send', 2, room, 'e', 1],
        ['ping', 3],
      ]
      const client = await hub.welcomed({ behind })
      same(await client.codes([1, 2]), ['ok', 'ok'], 'the answers')
      await client.messages(room, 1)
      same(client.frames[0]?.[0], 'welcome', 'the first frame')
    },
  },
  {
    name: 'a client that does not wait for the welcome is served, or closed with 4502',
    rules: ['P-HS-2'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.greet()
      const refs = [1, 2, 3, 4, 5]
      for (const ref of refs) client.write(['send', ref, room, `e${ref}`, 1])
      const served = client.codes(refs).then(() => 'served')
      oneOf(await client.orCloseCode(served), ['served', 4502], 'the outcome')
    },
  },
  ...['[1,1]', '[0,5]', '[1,9007199254740991]', '[-3,1]'].map((v) => ({
    name: `a hello with v ${v} is welcomed with version 1`,
    rules: ['P-HS-3'],
    async run(hub: HubUnderTest) {
      const client = await hub.connect()
      client.transmit(helloText({ v, user: hub.user() }))
      same((await client.welcomed()).v, 1, 'the version')
    },
  })),
  ...['[2,3]', '[2,2]', '[-1,0]', '[0,0]'].map((v) => ({
    name: `a hello with v ${v} has no version in common with the hub and is closed with 4506`,
    rules: ['P-HS-3'],
    async run(hub: HubUnderTest) {
      const client = await hub.connect()
      client.transmit(helloText({ v, user: hub.user() }))
      same(await client.closeCode(), 4506, 'the close code')
      same(client.frames, [], 'the frames before the close')
    },
  })),
  {
    name: 'a range of versions that ends before it begins is refused, with 4502 or 4506',
    rules: ['P-HS-3', 'P-FR-5'],
    async run(hub) {
      const client = await hub.greet({ hello: { v: [5, 0] } })
      oneOf(await client.closeCode(), [4502, 4506], 'the close code')
    },
  },
  ...['a', 'é', '😀'].map((letter) => ({
    name: `a hello of 16 KiB of ${brief(letter)} is welcomed, and a byte more is closed with 4514`,
    rules: ['P-HS-2'],
    async run(hub: HubUnderTest) {
      const user = hub.user()
      const client = await hub.connect()
      client.transmit(helloOfSize(largestHello, user, letter))
      await client.welcomed()
      const second = await hub.connect()
      second.transmit(helloOfSize(largestHello + 1, user, letter))
      same(await second.closeCode(), 4514, 'the close code')
      same(second.frames, [], 'the frames before the close')
    },
  })),
  {
    name: 'the size of the first transmission counts the frames behind hello',
    rules: ['P-HS-2'],
    async run(hub) {
      const behind = [['send', 1, hub.room(), 'e', 'x'.repeat(largestHello)]]
      const client = await hub.greet({ behind })
      same(await client.closeCode(), 4514, 'the close code')
    },
  },
  {
    name: 'the size of the first transmission does not bind after the welcome',
    rules: ['P-HS-2'],
    async run(hub) {
      const client = await hub.welcomed()
      await client.succeed('send', hub.room(), 'e', 'x'.repeat(2 * largestHello))
    },
  },
  {
    name: 'a connection without a hello is closed with 4408',
    rules: ['P-HS-2'],
    async run(hub) {
      const { helloTimeout = 5_000 } = hub.harness
      // The hub counts from its own end of the connection, which may open earlier than the client's.
      const start = hub.now()
      const client = await hub.connect()
      same(await client.closeCode(), 4408, 'the close code')
      const waited = hub.now() - start
      holds(waited > helloTimeout * 0.9, `it was closed after ${waited} ms, before ${helloTimeout} ms`)
      holds(waited < helloTimeout + 6_000, `it was closed after ${waited} ms, long after ${helloTimeout} ms`)
    },
  },
  {
    name: 'a client that offers no subprotocol speaks JSON',
    rules: ['P-FR-8'],
    async run(hub) {
      const client = await hub.connect([])
      client.transmit(helloText({ v: '[1,1]', user: hub.user() }))
      await client.welcomed()
      await client.roundTrip()
    },
  },
  {
    name: 'the hub finds chat.v1.json among other subprotocols',
    rules: ['P-FR-8'],
    async run(hub) {
      for (const offer of [
        ['graphql-ws', 'chat.v1.json'],
        ['chat.v1.json', 'graphql-ws'],
      ]) {
        const client = await hub.connect(offer)
        client.transmit(helloText({ v: '[1,1]', user: hub.user() }))
        await client.welcomed()
      }
    },
  },
]

async function hasAllParts(hub: HubUnderTest): Promise<void> {
  const user = hub.user()
  const client = await hub.welcomed({ user })
  same(client.frames[0]?.[0], 'welcome', 'the first frame')
  const { session, streams, expires = 1, ...rest } = client.welcome
  contains(rest, { v: 1, user: user.id, resumed: false }, 'the welcome')
  for (const duration of [rest.heartbeat, rest.grace, expires])
    holds(Number.isSafeInteger(duration) && duration > 0, `${duration} is no duration`)
  oneOf(rest.durability, ['node', 'log', 'replicated'], 'the durability')
  holds(Array.isArray(rest.features), '`features` is no list')
  holds(/^.{8,}$/.test(rest.node), `the node is ${rest.node}: it has less than 48 random bits`)
  for (const name of limitNames)
    holds(Number.isSafeInteger(rest.limits[name]), `the limit ${name} is ${rest.limits[name]}`)
  const { limits: expected = {}, ...numbers } = hub.harness.welcome ?? {}
  contains(rest, { ...numbers }, 'the durations')
  contains(rest.limits, { ...expected }, 'the limits')
  holds(/^[A-Za-z0-9_-]{8,16}$/.test(session.id), `the session is ${session.id}`)
  holds(session.secret.length >= 22, `a secret of ${session.secret.length} characters has less than 128 bits`)
  holds(!session.secret.includes(session.id), 'the secret contains the public id')
  same(Object.keys(streams).sort(), ['*', `@${user.id}`].sort(), 'the streams')
  for (const { mode, epoch, at, top } of Object.values(streams)) {
    same([mode, typeof epoch], ['live', 'string'], 'the mode of a stream and the type of its epoch')
    same(at, top, 'the position in a stream')
  }
}

/** JSON of a `hello` with the versions as they are given. */
const helloText = ({ v, user }: { readonly v: string; readonly user: ProtocolUser }): string =>
  `["hello",{"v":${v},"token":${JSON.stringify(user.token)}}]`

/** JSON of a `hello` of exactly `bytes` bytes. */
function helloOfSize(bytes: number, { token }: ProtocolUser, letter: string): string {
  const text = (client: string): string => JSON.stringify(['hello', { v: [1, 1], token, client }])
  return text(textOf(bytes - text('').length, letter))
}
