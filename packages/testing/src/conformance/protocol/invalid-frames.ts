import { same } from '../check.ts'
import type { ProtocolCase } from './case.ts'
import { brief, nested } from './frames.ts'
import type { HubUnderTest } from './hub-under-test.ts'

const noRefs = ['0', '-1', '1.5', '1e999', '9007199254740992', '1e300', '"1"', 'null', 'true', '[1]', '{}']
export const noTexts: readonly string[] = ['1', 'null', 'true', '[]', '{}']
export const noObjects: readonly string[] = ['1', 'null', 'true', '"x"', '[]']
const noOffsets = ['-1', '1.5', '9007199254740992', '1e999', '"1"', 'true', '[]', '{}']
const noLimits = ['0', '-1', '1.5', '9007199254740992', '1e999', '"1"', 'null', 'true', '[]']
export const noIntegers: readonly string[] = [
  '1.5',
  '9007199254740992',
  '-9007199254740992',
  '1e999',
  '"1"',
  'null',
  'true',
  '[]',
  '{}',
]
const noPositions = [
  'null',
  '{}',
  '"e"',
  '1',
  '[]',
  '["e"]',
  '["e",1]',
  '[1,0,null]',
  '[null,0,null]',
  '["e","0",null]',
  '["e",-1,null]',
  '["e",1.5,"x.1"]',
  '["e",9007199254740992,"x.1"]',
  '["e",null,null]',
  '["e",1,1]',
  '["e",1,{}]',
  '["e",0,"x.1"]',
]

/** Puts each value in the place of `?`. */
export const each = (frame: string, values: readonly string[]): string[] =>
  values.map((value) => frame.replace('?', value))

/** Frames that are not valid; `#a` stands for a room. */
const linesByKind: Readonly<Record<string, readonly string[]>> = {
  'a line that is no frame': [
    '',
    ' ',
    '\t',
    'x',
    '[',
    '["ping"',
    '["ping"]]',
    '["ping"],',
    '["ping",]',
    '[,"ping"]',
    "['ping']",
    '["ping"] ["ping"]',
    '["ping"]["ping"]',
    '// comment',
    '{}',
    '{"0":"ping"}',
    'null',
    'true',
    '1',
    '"ping"',
    'NaN',
    '[]',
    '[ ]',
    '[null]',
    '[1]',
    '[1,1]',
    '[true]',
    '[["ping"]]',
    '[{}]',
    '["ping",01]',
    '["ping",+1]',
    '["ping",NaN]',
    '["ping",Infinity]',
    '["pi\tng"]',
    '["ping"]\r',
    '\r["ping"]',
    '["ping",\r1]',
    '\r',
    '\ufeff["ping"]',
    '\u0000',
    nested(30_000),
    '['.repeat(30_000),
  ],
  'a join': [
    '["join"]',
    '["join",5]',
    ...each('["join",?,"#a"]', noRefs),
    ...each('["join",5,?]', noTexts),
    ...each('["join",5,"#a",?]', noObjects),
    ...each('["join",5,"#a",{"since":?}]', noPositions),
  ],
  'a leave': [
    '["leave"]',
    '["leave",5]',
    ...each('["leave",?,"#a"]', noRefs),
    ...each('["leave",5,?]', noTexts),
  ],
  'a send': [
    '["send"]',
    '["send",5]',
    '["send",5,"#a"]',
    '["send",5,"#a","e"]',
    '["send","#a","e",1]',
    ...each('["send",?,"#a","e",1]', noRefs),
    ...each('["send",5,?,"e",1]', noTexts),
    ...each('["send",5,"#a",?,1]', noTexts),
  ],
  'a cast': [
    '["cast"]',
    '["cast","#a"]',
    '["cast","#a","e"]',
    ...each('["cast",?,"e",1]', noTexts),
    ...each('["cast","#a",?,1]', noTexts),
    ...each('["cast","#a","e",1,?]', noObjects),
    ...each('["cast","#a","e",1,{"key":?}]', noTexts),
  ],
  'a cancel': [
    '["cancel"]',
    '["cancel",5]',
    ...each('["cancel",?,4]', noRefs),
    ...each(
      '["cancel",5,?]',
      noRefs.filter((value) => value !== '"1"'),
    ),
  ],
  'a call': [
    '["call"]',
    '["call",5]',
    '["call",5,"e"]',
    ...each('["call",?,"e",1]', noRefs),
    ...each('["call",5,?,1]', noTexts),
  ],
  'a reply': ['["reply"]', '["reply",5]', ...each('["reply",?,1]', noRefs)],
  'a refuse': [
    '["refuse"]',
    '["refuse",5]',
    '["refuse",5,"no"]',
    ...each('["refuse",?,"no","x"]', noRefs),
    ...each('["refuse",5,?,"x"]', noTexts),
    ...each('["refuse",5,"no",?]', noTexts),
  ],
  'a read': [
    '["read"]',
    '["read",5]',
    ...each('["read",?,"#a"]', noRefs),
    ...each('["read",5,?]', noTexts),
    ...each('["read",5,"#a",?]', noObjects),
    ...each('["read",5,"#a",{"after":?}]', noOffsets),
    ...each('["read",5,"#a",{"before":?}]', noOffsets),
    ...each('["read",5,"#a",{"limit":?}]', noLimits),
  ],
  'a state': [
    '["state"]',
    '["state",5]',
    '["state",5,"#a"]',
    ...each('["state",?,"#a",1]', noRefs),
    ...each('["state",5,?,1]', noTexts),
  ],
  'a who': [
    '["who"]',
    '["who",5]',
    ...each('["who",?,"#a"]', noRefs),
    ...each('["who",5,?]', noTexts),
    ...each('["who",5,"#a",?]', noObjects),
    ...each('["who",5,"#a",{"after":?}]', ['1', 'true', '[]', '{}']),
    ...each('["who",5,"#a",{"limit":?}]', noLimits),
  ],
  'an auth': ['["auth"]', '["auth",5]', ...each('["auth",?,"t"]', noRefs), ...each('["auth",5,?]', noTexts)],
  'a ping': each('["ping",?]', noIntegers),
  'a pong': each('["pong",?]', noIntegers),
  'a second hello': ['["hello",{"v":[1,1]}]', '["hello"]', '["hello",1]'],
}

const transmissions = [
  '',
  '\n',
  '\n\n',
  '["ping"]\n\n',
  '\n["ping"]',
  '["ping"]\n\n["ping"]',
  '["ping"]\r\n["ping"]',
]

/** Frames and transmissions that are not valid. */
export const invalidFrames: readonly ProtocolCase[] = [
  ...Object.entries(linesByKind).flatMap(([kind, lines]) =>
    lines.map((line) => ({
      name: `${kind} closes with 4502, and frames before it keep their effect: ${brief(line)}`,
      rules: ['P-FR-2', 'P-FR-5', 'P-FR-6'],
      async run(hub: HubUnderTest) {
        const room = hub.room()
        const client = await hub.welcomed()
        const broken = line.replaceAll('#a', room)
        client.transmit(`["send",1,"${room}","before",1]\n${broken}\n["send",9,"${room}","after",1]`)
        same(await client.closeCode(), 4502, 'the close code')
        await hub.expectHistory(room, ['before'])
      },
    })),
  ),
  ...transmissions.map((text) => ({
    name: `a transmission with an empty line or a CR closes with 4502: ${JSON.stringify(text)}`,
    rules: ['P-FR-1', 'P-FR-5'],
    async run(hub: HubUnderTest) {
      const client = await hub.welcomed()
      client.transmit(text)
      same(await client.closeCode(), 4502, 'the close code')
    },
  })),
  ...['["ping"]\n', '["ping"]\r\n'].map((text) => ({
    name: `an LF or CRLF behind the last frame is ignored: ${JSON.stringify(text)}`,
    rules: ['P-FR-1'],
    async run(hub: HubUnderTest) {
      const client = await hub.welcomed()
      client.transmit(text)
      await client.next('pong')
    },
  })),
  ...['["ping"]', '', '\u0000\u0001'].map((text) => ({
    name: `a binary transmission closes with 4502, before and after the welcome: ${JSON.stringify(text)}`,
    rules: ['P-FR-1', 'P-FR-5'],
    needs: ['binary'] as const,
    async run(hub: HubUnderTest) {
      for (const client of [await hub.welcomed(), await hub.connect()]) {
        client.transmit(bytesOf(text))
        same(await client.closeCode(), 4502, 'the close code')
      }
    },
  })),
  {
    name: 'a binary hello closes with 4502',
    rules: ['P-FR-1', 'P-FR-5'],
    needs: ['binary'],
    async run(hub) {
      const client = await hub.connect()
      client.transmit(bytesOf(JSON.stringify(['hello', { v: [1, 1], token: hub.user().token }])))
      same(await client.closeCode(), 4502, 'the close code')
      same(client.frames, [], 'the frames before the close')
    },
  },
]

/** Bytes of a text of ASCII. */
const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))
