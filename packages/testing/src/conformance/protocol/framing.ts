import { contains, same } from '../check.ts'
import type { ProtocolCase } from './case.ts'
import { nested } from './frames.ts'
import type { HubUnderTest } from './hub-under-test.ts'

/** Transmissions and frames that are valid. */
export const framing: readonly ProtocolCase[] = [
  {
    name: 'one transmission carries many frames, each with its answer',
    rules: ['P-FR-1'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.welcomed()
      client.write(
        ['send', 1, room, 'a', 1],
        ['send', 2, room, 'b', 2],
        ['join', 3, room],
        ['leave', 4, room],
        ['ping', 5],
      )
      same(await client.codes([1, 2, 3, 4]), ['ok', 'ok', 'ok', 'ok'], 'the answers')
      await client.next('pong')
    },
  },
  {
    name: 'whitespace between tokens may occur',
    rules: ['P-FR-2'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.welcomed()
      client.transmit(` [ "send" ,\t1 , "${room}" , "e" , { "a" : [ 1 , 2 ] } ]  `)
      same((await client.answer(1)).code, 'ok', 'the answer')
      same((await hub.history(room))[0]?.data, { a: [1, 2] }, 'the data')
    },
  },
  {
    name: 'escapes stand for the characters that they name, also in types',
    rules: ['P-FR-2'],
    async run(hub) {
      const client = await hub.welcomed()
      client.transmit('["\\u0070ing",3]')
      same(await client.next('pong'), ['pong', 3], 'the answer')
    },
  },
  ...['"more",{"x":1}', 'null', nested(200), '1e999'].map((elements) => ({
    name: `unknown trailing elements are ignored: ${elements.slice(0, 20)}`,
    rules: ['P-FR-3'],
    async run(hub: HubUnderTest) {
      const client = await hub.welcomed()
      client.transmit(`["ping",1,${elements}]`)
      same(await client.next('pong'), ['pong', 1], 'the answer')
    },
  })),
  {
    name: 'unknown trailing elements and keys change no operation',
    rules: ['P-FR-3'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.welcomed({ hello: { unknown: { a: 1 }, __proto__x: 1, features: [] } })
      client.write(
        ['send', 1, room, 'e', 'x', null, 'mallory', 'id.1', 7],
        ['join', 2, room, { unknown: 1, constructor: null }, 'x'],
        ['read', 3, room, { limit: 5, unknown: [] }, 'x'],
        ['leave', 4, room, { since: 1 }],
        ['auth', 5, hub.userOf(client).token, 'x'],
      )
      same(await client.codes([1, 2, 3, 4, 5]), ['ok', 'ok', 'ok', 'ok', 'ok'], 'the answers')
      same((await client.answer(3)).result.messages.length, 1, 'the number of messages that are read')
    },
  },
  {
    name: 'unknown keys may be deep or out of range',
    rules: ['P-FR-3'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.welcomed()
      const deep = nested(200)
      client.transmit(
        `["join",1,"${room}",{"x":${deep},"y":1e999}]\n["read",2,"${room}",{"x":${deep},"y":-1e999}]`,
      )
      same(await client.codes([1, 2]), ['ok', 'ok'], 'the answers')
    },
  },
  {
    name: 'the last of two equal keys counts',
    rules: ['P-FR-7'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.welcomed()
      for (const n of [1, 2, 3]) await client.succeed('send', room, `e${n}`, n)
      client.transmit(`["read",9,"${room}",{"limit":3,"limit":1}]`)
      same((await client.answer(9)).result.messages.length, 1, 'the number of messages that are read')
    },
  },
]

const objectNames = ['toString', '__proto__', 'constructor', 'hasOwnProperty', 'then']

/** Frames of a hub, which have no effect when a client writes them; `#a` stands for a room. */
const framesOfHubs: readonly (readonly unknown[])[] = [
  ['ok', 1, {}],
  ['err', 1, 'internal', 'x'],
  ['ask', 1, 'e', 1],
  ['gap', '#a', 'limit', ['e', 1, 'x']],
  ['msg', '#a', 1, 'e', 1, 'mallory', 'x.1'],
  ['presence', '#a', 1, [], []],
  ['left', '#a', 'forbidden', ''],
  ['bye', 4001, ''],
]

/** Frames of unknown types, and frames that no side waits for. */
export const unknownTypes: readonly ProtocolCase[] = [
  ...['frob', '', 'JOIN', ...objectNames, '$error'].map((type) => ({
    name: `the unknown type ${JSON.stringify(type)} with a ref is unsupported, and the connection lives`,
    rules: ['P-FR-4'],
    async run(hub: HubUnderTest) {
      const client = await hub.welcomed()
      same((await client.requestAs(1, type, { any: 'thing' })).code, 'unsupported', 'the answer')
      await client.roundTrip()
    },
  })),
  {
    name: 'an unknown type with the greatest ref is unsupported',
    rules: ['P-FR-4', 'P-FR-6'],
    async run(hub) {
      const client = await hub.welcomed()
      same((await client.requestAs(2 ** 53 - 1, 'frob')).code, 'unsupported', 'the answer')
    },
  },
  ...[
    '["frob"]',
    ...['0', '-1', '1.5', '"1"', 'null', '9007199254740992'].map((ref) => `["frob",${ref}]`),
  ].map((line) => ({
    name: `the unknown type of ${line} is ignored: it has no ref`,
    rules: ['P-FR-4'],
    async run(hub: HubUnderTest) {
      const client = await hub.welcomed()
      client.transmit(line)
      await client.roundTrip()
      same(client.types(), ['welcome', 'pong'], 'the frames')
    },
  })),
  ...framesOfHubs.map((frame) => ({
    name: `a frame of a hub has no effect when a client writes it: ${JSON.stringify(frame)}`,
    rules: ['P-FR-4', 'P-FR-10'],
    async run(hub: HubUnderTest) {
      const room = hub.room()
      const [other, client] = [await hub.joined(room), await hub.welcomed()]
      client.transmit(JSON.stringify(frame).replace('#a', room))
      await client.roundTrip()
      await client.succeed('send', room, 'after', 1)
      const [first] = await other.messages(room, 1)
      contains(first, { event: 'after' }, 'the first message')
      same(other.types(), ['welcome', 'msg'], 'the frames of another session')
    },
  })),
  {
    name: 'replies to asks that do not exist are ignored, whatever they carry',
    rules: ['P-FR-10', 'P-FR-7'],
    async run(hub) {
      const client = await hub.welcomed()
      const deep = nested(client.welcome.limits.depth + 1)
      client.write(
        ['reply', 1, { any: 'thing' }],
        ['refuse', 2, 'app/no', 'no'],
        ['reply', 2 ** 53 - 1, null],
      )
      client.transmit(`["reply",3,${deep}]\n["reply",3,1e999]`)
      await client.roundTrip()
      same(client.types(), ['welcome', 'pong'], 'the frames')
    },
  },
]
