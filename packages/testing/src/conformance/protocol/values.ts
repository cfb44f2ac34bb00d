import { oneOf, same } from '../check.ts'
import type { ProtocolCase } from './case.ts'
import { nested } from './frames.ts'
import type { HubUnderTest } from './hub-under-test.ts'

const values = [
  'null',
  'false',
  '0',
  '-0.5',
  '1e308',
  '5e-324',
  '""',
  '"\\u2028\\u2029 \\ud83d\\ude00 \\u0000 \\" \\\\ \\n"',
  '[]',
  '{}',
  '[[],{},null]',
  '{"":1," ":2}',
  '{"__proto__":{"polluted":true},"constructor":{"prototype":1},"toString":null,"length":3}',
  '{"b":1,"a":2,"1":3}',
]

/** JSON of objects in objects, around an array. */
const nestedObjects = (depth: number): string => `${'{"a":'.repeat(depth - 1)}[]${'}'.repeat(depth - 1)}`

/** Values that are deeper than the limit, or out of range. */
const tooMuch: readonly (readonly [what: string, json: (depth: number) => string])[] = [
  ['an array one level too deep', (depth) => nested(depth + 1)],
  ['an object around arrays, one level too deep', (depth) => `{"a":${nested(depth)}}`],
  ['objects one level too deep', (depth) => nestedObjects(depth + 1)],
  ['arrays 20 000 levels deep', () => nested(20_000)],
  ['1e999', () => '1e999'],
  ['-1e999', () => '-1e999'],
  ['1e400 inside of a value', () => '[{"a":[1e400]}]'],
  ['an integer of 401 digits', () => `1${'0'.repeat(400)}`],
]

/** Free-form values: data and state. */
export const freeFormValues: readonly ProtocolCase[] = [
  ...values.map((json) => ({
    name: `the value ${json} arrives as it was written`,
    rules: ['P-FR-7'],
    run: (hub: HubUnderTest) => arrives(hub, () => json),
  })),
  {
    name: 'arrays as deep as the limit arrive as they were written',
    rules: ['P-FR-7'],
    run: (hub) => arrives(hub, nested),
  },
  {
    name: 'objects as deep as the limit arrive as they were written',
    rules: ['P-FR-7'],
    run: (hub) => arrives(hub, nestedObjects),
  },
  {
    name: 'a lone surrogate in data is sent or bad_payload, and does no harm',
    rules: ['P-FR-7'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.joined(room)
      client.transmit(`["send",1,"${room}","e","\\ud800"]\n["send",2,"${room}","next",1]`)
      oneOf((await client.answer(1)).code, ['ok', 'bad_payload'], 'the answer')
      same((await client.answer(2)).code, 'ok', 'the answer to the next send')
      await client.heard(room, 'next')
    },
  },
  ...tooMuch.map(([what, json]) => ({
    name: `${what}: bad_payload, nothing is stored and the connection lives`,
    rules: ['P-FR-7'],
    async run(hub: HubUnderTest) {
      const room = hub.room()
      const client = await hub.welcomed()
      const value = json(client.welcome.limits.depth)
      client.transmit(
        `["send",1,"${room}","e",${value}]\n["call",2,"e",${value}]\n["join",3,"${room}",{"state":${value}}]`,
      )
      same(await client.codes([1, 2, 3]), Array(3).fill('bad_payload'), 'the answers')
      await client.roundTrip()
      await hub.expectHistory(room, [])
    },
  })),
  ...tooMuch.map(([what, json]) => ({
    name: `${what}: a cast with it is dropped`,
    rules: ['P-FR-7'],
    async run(hub: HubUnderTest) {
      const room = hub.room()
      const [other, client] = [await hub.joined(room), await hub.welcomed()]
      const value = json(client.welcome.limits.depth)
      client.transmit(`["cast","${room}","bad",${value}]\n["cast","${room}","good",1]`)
      same((await other.next('cast')).slice(0, 3), ['cast', room, 'good'], 'the first cast')
    },
  })),
  {
    name: 'bad_payload for one send of a transmission leaves the sends around it alone',
    rules: ['P-FR-7'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.welcomed()
      client.transmit(
        `["send",1,"${room}","a",1]\n["send",2,"${room}","b",1e999]\n["send",3,"${room}","c",1]`,
      )
      same(await client.codes([1, 2, 3]), ['ok', 'bad_payload', 'ok'], 'the answers')
      await hub.expectHistory(room, ['a', 'c'])
    },
  },
]

async function arrives(hub: HubUnderTest, jsonOf: (depth: number) => string): Promise<void> {
  const room = hub.room()
  const [client, other] = [await hub.joined(room), await hub.joined(room)]
  const json = jsonOf(client.welcome.limits.depth)
  client.transmit(`["cast","${room}","e",${json}]\n["send",1,"${room}","e",${json}]`)
  same((await client.answer(1)).code, 'ok', 'the answer')
  const [own] = await client.messages(room, 1)
  const [stored] = await hub.history(room)
  const cast = (await other.next('cast'))[3]
  for (const got of [cast, own?.data, stored?.data])
    same(JSON.stringify(got), JSON.stringify(JSON.parse(json)), 'the value')
}

/**
 * Frames with two faults, and the code of the fault that is found first; `DEEP` stands for a value that is
 * too deep.
 */
const twoFaults: readonly (readonly [what: string, line: string, code: string])[] = [
  ['an address before the depth', '["send",1,"nowhere","e",DEEP]', 'bad_request'],
  ['an event before the depth', '["send",1,"#a","$e",DEEP]', 'bad_request'],
  ['the event of a call before the depth', '["call",1,"$e",DEEP]', 'bad_request'],
  ['an address before the depth of a state', '["join",1,"nowhere",{"state":DEEP}]', 'bad_request'],
  ['the depth before the authorisation', '["join",1,"@somebody-else",{"state":DEEP}]', 'bad_payload'],
  ['the depth of a state before the authorisation', '["state",1,"@somebody-else",DEEP]', 'bad_payload'],
  ['the event before the address of a session', '["send",1,"~abcdefgh","",1]', 'bad_request'],
]

/** The order in which a frame is checked. */
export const checkOrder: readonly ProtocolCase[] = [
  ...twoFaults.map(([what, line, code]) => ({
    name: `a hub checks ${what}`,
    rules: ['P-FR-9'],
    async run(hub: HubUnderTest) {
      const client = await hub.welcomed()
      client.transmit(line.replace('DEEP', nested(client.welcome.limits.depth + 1)))
      same((await client.answer(1)).code, code, 'the answer')
    },
  })),
  {
    name: 'a hub checks that a frame is valid before it checks the address',
    rules: ['P-FR-9'],
    async run(hub) {
      const client = await hub.welcomed()
      client.transmit('["read",1,"nowhere",{"after":1,"before":2,"limit":0}]')
      same(await client.closeCode(), 4502, 'the close code')
    },
  },
  {
    name: 'a hub checks the event and the depth before a conflict',
    rules: ['P-FR-9'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.welcomed()
      same((await client.requestAs(5, 'send', room, 'e', 1)).code, 'ok', 'the first answer')
      same((await client.requestAs(5, 'send', room, '$e', 1)).code, 'bad_request', 'the answer to the event')
      client.transmit(`["send",5,"${room}","e",${nested(client.welcome.limits.depth + 1)}]`)
      same((await client.answer(5, 2)).code, 'bad_payload', 'the answer to the depth')
      same((await client.requestAs(5, 'send', room, 'e', 2)).code, 'conflict', 'the answer to other data')
    },
  },
]
