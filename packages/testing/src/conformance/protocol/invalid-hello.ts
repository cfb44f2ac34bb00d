import { same } from '../check.ts'
import type { ProtocolCase } from './case.ts'
import { brief } from './frames.ts'
import type { HubUnderTest } from './hub-under-test.ts'
import { each, noIntegers, noObjects, noTexts } from './invalid-frames.ts'

/** Hellos that are not valid; `TOKEN` stands for the JSON of a token. */
const hellos = [
  '["hello"]',
  ...each('["hello",?]', noObjects),
  '["hello",{}]',
  '["hello",{"token":TOKEN}]',
  ...each('["hello",{"v":?,"token":TOKEN}]', [
    ...noTexts,
    '"1"',
    '[1]',
    '["1","1"]',
    '[null,null]',
    '[1.5,2]',
  ]),
  ...each('["hello",{"v":[1,1],"token":?}]', noTexts),
  ...each('["hello",{"v":[1,1],"token":TOKEN,"session":?}]', [...noObjects, '{}']),
  ...each('["hello",{"v":[1,1],"token":TOKEN,"session":{"id":"abcdefgh","secret":"s","n":?}}]', noIntegers),
  '["hello",{"v":[1,1],"token":TOKEN,"session":{"id":"abcdefgh","secret":"s"}}]',
  '["hello",{"v":[1,1],"token":TOKEN,"session":{"id":"abcdefgh","n":1}}]',
  '["hello",{"v":[1,1],"token":TOKEN,"session":{"secret":"s","n":1}}]',
  '["hello",{"v":[1,1],"token":TOKEN,"session":{"id":1,"secret":"s","n":1}}]',
  '["hello",{"v":[1,1],"token":TOKEN,"session":{"id":"abcdefgh","secret":1,"n":1}}]',
  ...each('["hello",{"v":[1,1],"token":TOKEN,"streams":?}]', noObjects),
]

/** First frames that are no valid `hello`. */
const firstFrames = [
  '["ping"]',
  '["pong"]',
  '["join",1,"#a"]',
  '["cast","#a","e",1]',
  '["auth",1,TOKEN]',
  '["frob",1]',
  '["frob"]',
  '["welcome",{}]',
  '["HELLO",{"v":[1,1],"token":TOKEN}]',
  '',
  'x',
  '[]',
  '{}',
]

/** First frames that are not valid. */
export const invalidHello: readonly ProtocolCase[] = [
  ...hellos.map((line) => ({
    name: `an invalid hello closes with 4502, and the frames behind it do not run: ${brief(line)}`,
    rules: ['P-HS-1', 'P-FR-5'],
    run: (hub: HubUnderTest) => refuses(hub, (token) => [line.replace('TOKEN', token)]),
  })),
  ...firstFrames.map((line) => ({
    name: `a first frame other than hello closes with 4502, and nothing runs: ${brief(line)}`,
    rules: ['P-HS-1', 'P-FR-5'],
    run: (hub: HubUnderTest) =>
      refuses(hub, (token) => [line.replace('TOKEN', token), `["hello",{"v":[1,1],"token":${token}}]`]),
  })),
  {
    name: 'a send before hello closes with 4502 and stores nothing',
    rules: ['P-HS-1', 'P-FR-5'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.connect()
      client.write(['send', 1, room, 'early', 1], ['hello', { v: [1, 1], token: hub.user().token }])
      same(await client.closeCode(), 4502, 'the close code')
      await hub.expectHistory(room, [])
    },
  },
  {
    name: 'an invalid frame behind hello closes with 4502 after the welcome',
    rules: ['P-HS-2', 'P-FR-5'],
    async run(hub) {
      const room = hub.room()
      const behind = [['send', 1, room, 'before', 1], ['send'], ['send', 2, room, 'after', 1]]
      const client = await hub.greet({ behind })
      same(await client.closeCode(), 4502, 'the close code')
      same(client.frames[0]?.[0], 'welcome', 'the first frame')
      await hub.expectHistory(room, ['before'])
    },
  },
]

async function refuses(hub: HubUnderTest, linesOf: (token: string) => string[]): Promise<void> {
  const room = hub.room()
  const client = await hub.connect()
  const lines = [...linesOf(JSON.stringify(hub.user().token)), `["send",1,"${room}","after",1]`]
  client.transmit(lines.join('\n'))
  same(await client.closeCode(), 4502, 'the close code')
  same(client.frames, [], 'the frames before the close')
  await hub.expectHistory(room, [])
}
