import { describe, expect, test } from 'vitest'
import { nested } from '../support/frames.ts'
import { stage } from '../support/shared.ts'
import { room } from '../support/stage.ts'

const noRefs = ['0', '-1', '1.5', '1e999', '9007199254740992', '1e300', '"1"', 'null', 'true', '[1]', '{}']
const noTexts = ['1', 'null', 'true', '[]', '{}']
const noObjects = ['1', 'null', 'true', '"x"', '[]']
const noOffsets = ['-1', '1.5', '9007199254740992', '1e999', '"1"', 'true', '[]', '{}']
const noLimits = ['0', '-1', '1.5', '9007199254740992', '1e999', '"1"', 'null', 'true', '[]']
const noIntegers = [
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

const each = (frame: string, values: readonly string[]): string[] =>
  values.map((value) => frame.replace('?', value))

const lines: Record<string, string[]> = {
  'what is not a frame': [
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

const hellos = [
  '["hello"]',
  ...each('["hello",?]', noObjects),
  '["hello",{}]',
  '["hello",{"token":"TOKEN"}]',
  ...each('["hello",{"v":?,"token":"TOKEN"}]', [
    ...noTexts,
    '"1"',
    '[1]',
    '["1","1"]',
    '[null,null]',
    '[1.5,2]',
  ]),
  ...each('["hello",{"v":[1,1],"token":?}]', noTexts),
  ...each('["hello",{"v":[1,1],"token":"TOKEN","session":?}]', [...noObjects, '{}']),
  ...each('["hello",{"v":[1,1],"token":"TOKEN","session":{"id":"abcdefgh","secret":"s","n":?}}]', noIntegers),
  '["hello",{"v":[1,1],"token":"TOKEN","session":{"id":"abcdefgh","secret":"s"}}]',
  '["hello",{"v":[1,1],"token":"TOKEN","session":{"id":"abcdefgh","n":1}}]',
  '["hello",{"v":[1,1],"token":"TOKEN","session":{"secret":"s","n":1}}]',
  '["hello",{"v":[1,1],"token":"TOKEN","session":{"id":1,"secret":"s","n":1}}]',
  '["hello",{"v":[1,1],"token":"TOKEN","session":{"id":"abcdefgh","secret":1,"n":1}}]',
  ...each('["hello",{"v":[1,1],"token":"TOKEN","streams":?}]', noObjects),
]

const others = [
  '["ping"]',
  '["pong"]',
  '["join",1,"#a"]',
  '["cast","#a","e",1]',
  '["auth",1,"TOKEN"]',
  '["frob",1]',
  '["frob"]',
  '["welcome",{}]',
  '["HELLO",{"v":[1,1],"token":"TOKEN"}]',
  '',
  'x',
  '[]',
  '{}',
]

describe.each(Object.entries(lines))(
  'the hub closes with 4502 on %s (P-FR-2, P-FR-5, P-FR-6)',
  (_, broken) => {
    test.each(broken)(
      'as %j; what stands before keeps its effect, what comes after has none',
      async (line) => {
        const to = room()
        const peer = await stage.welcomed()
        peer.text(`["send",1,"${to}","before",1]\n${line.replaceAll('#a', to)}\n["send",9,"${to}","after",1]`)
        expect(await peer.orCode(peer.answer(9))).toBe(4502)
        await stage.expectHistory(to, ['before'])
      },
    )
  },
)

describe('the hub closes with 4502 on whole transmissions (P-FR-1, P-FR-5)', () => {
  test.each(['', '\n', '\n\n', '["ping"]\n', '\n["ping"]', '["ping"]\n\n["ping"]', '["ping"]\r\n["ping"]'])(
    'such as %j',
    async (text) => {
      const peer = await stage.welcomed()
      peer.text(text)
      expect(await peer.code()).toBe(4502)
    },
  )

  test.each(['["ping"]', '', '\u0000\u0001'])(
    'that are binary, such as %j, before and after the welcome',
    async (text) => {
      for (const peer of [await stage.welcomed(), await stage.connect()]) {
        peer.socket.send(Buffer.from(text), { binary: true })
        expect(await peer.code()).toBe(4502)
      }
    },
  )

  test('on a binary hello', async () => {
    const peer = await stage.connect()
    peer.socket.send(Buffer.from('["hello",{"v":[1,1],"token":"anybody"}]'), { binary: true })
    expect(await peer.code()).toBe(4502)
    expect(peer.first('welcome')).toBeUndefined()
  })
})

describe('the hub closes with 4502 before any welcome (P-HS-1, P-FR-5)', () => {
  test.each(hellos)('on the hello %j', async (line) => {
    const to = room()
    const peer = await stage.connect()
    peer.text(`${line.replace('TOKEN', 'anybody')}\n["send",1,"${to}","after",1]`)
    expect(await peer.code()).toBe(4502)
    expect(peer.first('welcome')).toBeUndefined()
    await stage.expectHistory(to, [])
  })

  test.each(others)('on the first frame %j, and executes nothing', async (line) => {
    const to = room()
    const peer = await stage.connect()
    const hello = '["hello",{"v":[1,1],"token":"anybody"}]'
    peer.text(`${line.replace('TOKEN', 'anybody')}\n${hello}\n["send",1,"${to}","after",1]`)
    expect(await peer.code()).toBe(4502)
    expect(peer.first('welcome')).toBeUndefined()
    await stage.expectHistory(to, [])
  })

  test('on a send before hello, and stores nothing', async () => {
    const to = room()
    const peer = await stage.connect()
    peer.write(['send', 1, to, 'early', 1], ['hello', { v: [1, 1], token: 'anybody' }])
    expect(await peer.code()).toBe(4502)
    await stage.expectHistory(to, [])
  })

  test('but welcomes and then closes when what is broken stands behind hello (P-HS-2)', async () => {
    const to = room()
    const peer = await stage.connect()
    const hello = '["hello",{"v":[1,1],"token":"anybody"}]'
    peer.text(`${hello}\n["send",1,"${to}","before",1]\n["send"]\n["send",2,"${to}","after",1]`)
    expect(await peer.code()).toBe(4502)
    expect(peer.frames[0]?.[0]).toBe('welcome')
    await stage.expectHistory(to, ['before'])
  })
})
