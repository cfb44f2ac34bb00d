import { contains, same } from '../check.ts'
import type { ProtocolCase } from './case.ts'
import { brief, messageOf, positionOf, textOf } from './frames.ts'
import type { HubUnderTest } from './hub-under-test.ts'

/** Maximum number of bytes of the meta of a message. */
const most = 2_048

/** Meta that a hub takes, as JSON. */
const sound: readonly string[] = [
  '{"of":"abc.1"}',
  '{"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01","tracestate":"a=b"}',
  '{"n":-1.5e300,"yes":true,"no":null,"text":""}',
  '{"a.b":1," ":2,"é":"👋\u2028\\u0000\\ud800","toString":"x","constructor":null}',
  '{"__proto__":"x"}',
]

/** Meta that is `bad_request`, as JSON, with the reason. */
const faulty: readonly (readonly [what: string, json: string])[] = [
  ['an array', '[]'],
  ['a text', '"of"'],
  ['a number', '0'],
  ['true', 'true'],
  ['false', 'false'],
  ['meta with an object', '{"a":{}}'],
  ['meta with an array', '{"a":["b"]}'],
  ['meta with a number that is not finite', '{"a":1e999}'],
  ['meta with the reserved key "stream"', '{"stream":1}'],
  ['meta with the reserved key "end"', '{"end":"done"}'],
  ['meta with the reserved key "call"', '{"call":"abc.1"}'],
  ['meta with a key that begins with $', '{"$":1}'],
  ['meta with a key that begins with $, and a value that is null', '{"of":"abc.1","$later":null}'],
]

/** Returns meta of so many bytes as JSON. */
const metaOfSize = (bytes: number, letter: string): string =>
  JSON.stringify({ a: textOf(bytes - '{"a":""}'.length, letter) })

/** Meta of messages and casts: claims of their senders. */
export const messageMeta: readonly ProtocolCase[] = [
  ...sound.map((json) => ({
    name: `the meta ${brief(json)} comes with its message, live, in a replay and in the history`,
    rules: ['P-MT-2', 'P-MT-4'],
    run: (hub: HubUnderTest) => comesWithMessage(hub, json),
  })),
  {
    name: 'a message whose meta is null or left out has none, and null may stand for a prev before meta',
    rules: ['P-MT-2'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.joined(room)
      await client.succeed('send', room, 'none', 1)
      await client.succeed('send', room, 'null', 1, null)
      await client.succeed('send', room, 'meta', 1, { of: 'abc.1' })
      const told = await client.messages(room, 3)
      same(
        told.map(({ meta }) => meta),
        [null, null, { of: 'abc.1' }],
        'the meta',
      )
      const [frame] = client.all('msg', room).slice(2)
      same(frame?.length, 10, 'the number of elements of a message with meta')
    },
  },
  ...faulty.map(([what, json]) => ({
    name: `${what} as the meta of a send or a call is bad_request, and the connection lives`,
    rules: ['P-MT-3', 'P-MT-5'],
    run: (hub: HubUnderTest) => refusesMeta(hub, json),
  })),
  ...faulty.map(([what, json]) => ({
    name: `a cast with ${what} as its meta is dropped without an answer`,
    rules: ['P-MT-3', 'P-PB-10'],
    async run(hub: HubUnderTest) {
      const room = hub.room()
      const [other, sender] = [await hub.joined(room), await hub.welcomed()]
      sender.transmit(`["cast","${room}","bad",1,{"meta":${json}}]`)
      sender.write(['cast', room, 'good', 1])
      same((await other.next('cast')).slice(1, 3), [room, 'good'], 'the first cast')
      await sender.roundTrip()
      same(sender.types(), ['welcome', 'pong'], 'the frames of the sender')
    },
  })),
  ...['a', 'é', '👋'].map((letter) => ({
    name: `meta of ${most} bytes is taken, and meta of a byte more is bad_request: ${letter}`,
    rules: ['P-MT-3'],
    async run(hub: HubUnderTest) {
      const room = hub.room()
      const client = await hub.joined(room)
      const [largest, larger] = [metaOfSize(most, letter), metaOfSize(most + 1, letter)]
      client.transmit(`["send",1,"${room}","e",1,${largest}]`)
      client.transmit(`["send",2,"${room}","e",2,${larger}]`)
      same(await client.codes([1, 2]), ['ok', 'bad_request'], 'the answers')
      const [message] = await client.messages(room, 1)
      same(message?.meta, JSON.parse(largest), 'the meta')
    },
  })),
  {
    name: 'a cast carries its meta behind its key, which is null when it has none',
    rules: ['P-MT-2'],
    async run(hub) {
      const room = hub.room()
      const [sender, other] = [await hub.joined(room), await hub.joined(room)]
      const meta = { of: 'abc.1', n: 1, no: null }
      sender.write(
        ['cast', room, 'one', 1, { key: 'k', meta }],
        ['cast', room, 'two', 2, { meta }],
        ['cast', room, 'three', 3, { meta: null }],
      )
      await other.until('three casts come', () => other.all('cast').length >= 3 || undefined)
      const from = [sender.user, sender.sessionId]
      const expected = [
        ['cast', room, 'one', 1, ...from, 'k', meta],
        ['cast', room, 'two', 2, ...from, null, meta],
        ['cast', room, 'three', 3, ...from],
      ]
      same(other.all('cast'), expected, 'the casts')
    },
  },
  {
    name: 'a repetition with other meta is known, and the first meta stands',
    rules: ['P-MT-4', 'P-PB-2'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.welcomed()
      const first = await client.requestAs(7, 'send', room, 'e', 1, { n: 1 })
      for (const meta of [[{ n: 2 }], [null], []]) {
        const again = await client.requestAs(7, 'send', room, 'e', 1, ...meta)
        contains(again.result, { dup: true, at: first.result.at, id: first.result.id }, 'the answer')
      }
      const history = await hub.history(room)
      same(
        history.map(({ meta }) => meta),
        [{ n: 1 }],
        'the meta in the history',
      )
    },
  },
]

async function comesWithMessage(hub: HubUnderTest, json: string): Promise<void> {
  const room = hub.room()
  const client = await hub.joined(room)
  const { epoch } = await client.succeed('join', room)
  client.transmit(`["send",1,"${room}","e",{"a":1},${json}]`)
  same((await client.answer(1)).code, 'ok', 'the answer')
  const [live] = await client.messages(room, 1)
  const [stored] = await hub.history(room)
  const late = await hub.welcomed()
  await late.succeed('join', room, { since: positionOf({ epoch, at: 0, id: null }) })
  const [replayed] = await late.messages(room, 1)
  for (const message of [live, stored, replayed])
    same(JSON.stringify(message?.meta), JSON.stringify(JSON.parse(json)), 'the meta')
  same(live && messageOf(client.all('msg', room)[0] ?? ['msg']), live, 'the message')
}

async function refusesMeta(hub: HubUnderTest, json: string): Promise<void> {
  const room = hub.room()
  const client = await hub.joined(room)
  client.transmit(`["send",1,"${room}","e",1,${json}]`)
  client.transmit(`["call",2,"nobody",1,${json}]`)
  same(await client.codes([1, 2]), ['bad_request', 'bad_request'], 'the answers')
  await client.succeed('send', room, 'good', 1)
  same(
    (await hub.history(room)).map(({ event }) => event),
    ['good'],
    'the history',
  )
  await client.roundTrip()
}
