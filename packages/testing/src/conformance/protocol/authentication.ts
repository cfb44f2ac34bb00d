import { contains, holds, oneOf, same } from '../check.ts'
import type { ProtocolCase } from './case.ts'
import { byteLength } from './frames.ts'
import type { HubUnderTest } from './hub-under-test.ts'

/** Authentication by `hello` and by `auth`. */
export const authentication: readonly ProtocolCase[] = [
  {
    name: 'a token that the hub refuses is closed with 4501, and the frames behind hello do not run',
    rules: ['P-HS-3'],
    async run(hub) {
      for (const token of hub.harness.refusedTokens) {
        const room = hub.room()
        const client = await hub.connect()
        client.write(['hello', { v: [1, 1], token }], ['send', 1, room, 'e', 1])
        const { code, reason } = await client.closed()
        same(code, 4501, `the close code for the token ${JSON.stringify(token)}`)
        holds(byteLength(reason) <= 123, `the reason has ${byteLength(reason)} bytes`)
        same(client.frames, [], 'the frames before the close')
        await hub.expectHistory(room, [])
      }
    },
  },
  {
    name: 'every refusal of a token has the same reason',
    rules: ['P-HS-3'],
    async run(hub) {
      const reasons = new Set<string>()
      for (const token of hub.harness.refusedTokens) {
        const client = await hub.connect()
        client.write(['hello', { v: [1, 1], token }])
        reasons.add((await client.closed()).reason)
      }
      same(reasons.size, 1, 'the number of reasons')
    },
  },
  {
    name: 'auth with the token of the same user succeeds and changes nothing',
    rules: ['P-HS-9'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.joined(room)
      await client.succeed('auth', hub.userOf(client).token)
      await client.succeed('send', room, 'e', 1)
      same((await client.messages(room, 1))[0]?.from, client.user, 'the sender')
    },
  },
  {
    name: 'auth with the token of another user is unauthorized, and the session keeps its user',
    rules: ['P-HS-9'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.joined(room)
      same((await client.request('auth', hub.user().token)).code, 'unauthorized', 'the answer to auth')
      await client.succeed('send', room, 'e', 1)
      same((await client.messages(room, 1))[0]?.from, client.user, 'the sender')
    },
  },
  {
    name: 'auth with a token that the hub refuses is unauthorized, or closes the connection with 4501',
    rules: ['P-HS-9'],
    async run(hub) {
      const tokens = hub.harness.refusedTokens.filter((token) => token !== undefined)
      for (const token of tokens) {
        const client = await hub.welcomed()
        const answered = client.request('auth', token).then(({ code }) => code)
        oneOf(await client.orCloseCode(answered), ['unauthorized', 4501], 'the outcome')
      }
      await hub.expectAlive()
    },
  },
  {
    name: 'a room that the policy refuses is forbidden to every operation, and in hello',
    rules: ['P-HS-7', 'P-FR-9'],
    needs: ['forbiddenRoom'],
    run: refusesRoom,
  },
]

async function refusesRoom(hub: HubUnderTest): Promise<void> {
  const { forbiddenRoom: room = '' } = hub.harness
  const client = await hub.joined(room)
  contains(client.welcome.streams[room], { mode: 'refused', code: 'forbidden' }, 'the entry in the welcome')
  for (const [type, ...elements] of [['join'], ['send', 'e', 1], ['read'], ['who']] as const) {
    const answer = await client.request(type, room, ...elements)
    contains(answer, { code: 'forbidden' }, `the answer to ${type}`)
  }
  const { code } = await client.request('state', room, 1)
  oneOf(code, ['forbidden', 'not_found'], 'the answer to state')
  same(client.all('msg', room), [], 'the messages of the room')
}
