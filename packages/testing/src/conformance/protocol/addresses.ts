import { contains, oneOf, same } from '../check.ts'
import type { ProtocolCase } from './case.ts'
import { brief, messageOf, type WireAnswer } from './frames.ts'
import type { HubUnderTest } from './hub-under-test.ts'

/** JSON of texts that are no address. */
const noAddresses = [
  '""',
  '"lobby"',
  '" #lobby"',
  '"!lobby"',
  '"**"',
  '"*x"',
  '"#"',
  '"@"',
  '"~"',
  '"__proto__"',
  '"#\\u0000"',
  '"#a\\n"',
  '"#\\u001f"',
  '"#\\u007f"',
  '"#\\u0080"',
  '"#\\u009f"',
  '"@a\\u0000"',
  '"~a\\u0000"',
  '"#\\ud800"',
  '"#\\udc00\\ud800"',
  '"@\\udfff"',
  `"#${'x'.repeat(256)}"`,
  `"#${'é'.repeat(128)}"`,
  `"@${'x'.repeat(256)}"`,
  `"~${'x'.repeat(256)}"`,
  `"#${'x'.repeat(30_000)}"`,
]

const rooms = [
  '#a',
  '# ',
  '#\u00a0',
  '##',
  '#*',
  '#>',
  '#__proto__',
  '#constructor',
  '#hasOwnProperty',
  '#../../etc/passwd',
  '#%2e%2e',
  '#a.b.*',
  '#a:b{c}',
  '#日本',
  '#😀',
  '#\u2028',
  `#${'x'.repeat(255)}`,
  `#${'é'.repeat(127)}x`,
]

/** Names that a hub might take for one another. */
const alike = [
  '\u00e9',
  'e\u0301',
  'E\u0301',
  'É',
  '\u212b',
  '\u00c5',
  'a',
  'A',
  'a ',
  ' a',
  'a%20',
  'ａ',
  '*',
  '>',
  'a.*',
]

/** Names of addresses, and the addresses that belong to users and sessions. */
export const addresses: readonly ProtocolCase[] = [
  ...noAddresses.map((json) => ({
    name: `the address ${brief(json)} is bad_request in every operation, and the connection lives`,
    rules: ['P-AD-1'],
    async run(hub: HubUnderTest) {
      const client = await hub.welcomed()
      const operations = [
        `["join",1,${json}]`,
        `["leave",2,${json}]`,
        `["send",3,${json},"e",1]`,
        `["read",4,${json}]`,
        `["state",5,${json},1]`,
        `["who",6,${json}]`,
      ]
      client.transmit(operations.join('\n'))
      same(await client.codes([1, 2, 3, 4, 5, 6]), Array(6).fill('bad_request'), 'the answers')
      await client.roundTrip()
    },
  })),
  ...rooms.map((room) => ({
    name: `the room ${brief(room)} carries messages and casts`,
    rules: ['P-AD-1'],
    run: (hub: HubUnderTest) => carries(hub, room),
  })),
  {
    name: 'rooms with similar names are told apart',
    rules: ['P-AD-1'],
    run: toldApart,
  },
  ...['@__proto__', '@nobody', '@ ', '@日本', '@*', '@#a', `@${'x'.repeat(255)}`].map((address) => ({
    name: `the address ${brief(address)} takes a send, whether there is such a user or not`,
    rules: ['P-AD-1'],
    needs: ['users'] as const,
    async run(hub: HubUnderTest) {
      const client = await hub.welcomed()
      same((await client.request('send', address, 'e', 1)).code, 'ok', 'the answer')
    },
  })),
  {
    name: 'the inbox of another user gives no messages, whether there is such a user or not',
    rules: ['P-AD-2'],
    run: guardsInboxes,
  },
  {
    name: 'the answers for users and sessions that exist and that do not are the same',
    rules: ['P-AD-2'],
    async run(hub) {
      const [other, client] = [await hub.welcomed(), await hub.welcomed()]
      for (const [there, absent] of [
        [`@${other.user}`, `@${hub.user().id}`],
        [`~${other.sessionId}`, '~unknown-id'],
      ])
        for (const type of ['join', 'read', 'who', 'leave']) {
          const answers: WireAnswer[] = []
          for (const address of [there, absent]) answers.push(await client.request(type, address))
          const [one, two] = answers.map((answer) => ({ ...answer, ref: 0 }))
          same(one, two, `the answers to ${type}`)
        }
    },
  },
  {
    name: 'users are compared exactly',
    rules: ['P-AD-1'],
    needs: ['users'],
    async run(hub) {
      const [client, sender] = [await hub.welcomed(), await hub.welcomed()]
      const { user } = client
      for (const other of [user.toUpperCase(), `${user} `, ` ${user}`, user.slice(0, -1), `${user}x`])
        await sender.succeed('send', `@${other}`, 'wrong', 1)
      await sender.succeed('send', `@${user}`, 'right', 1)
      await client.messages(`@${user}`, 1)
      same(client.events(`@${user}`), ['right'], 'the messages')
    },
  },
  {
    name: 'the address of a session is forbidden, also to the session itself, and takes no sends',
    rules: ['P-AD-2'],
    run: guardsSessions,
  },
  {
    name: 'a read of * and of the own inbox is the policy’s to allow, and a join is ok',
    rules: ['P-AD-2'],
    async run(hub) {
      const client = await hub.welcomed()
      for (const address of ['*', `@${client.user}`]) {
        oneOf((await client.request('read', address)).code, ['ok', 'forbidden'], 'the answer to a read')
        same((await client.request('join', address)).code, 'ok', 'the answer to a join')
      }
    },
  },
]

async function carries(hub: HubUnderTest, room: string): Promise<void> {
  const other = await hub.joined(room)
  const client = await hub.welcomed()
  const event = `e ${client.sessionId}`
  client.write(['cast', room, event, 1])
  await client.succeed('send', room, event, 1)
  await other.heard(room, event)
  await other.until('the cast comes', () => other.all('cast', room).find(([, , name]) => name === event))
  const { messages } = await client.succeed('read', room)
  const [type, address] = messages.at(-1) ?? []
  same([type, address], ['msg', room], 'the newest message')
  same(
    messages.map((message) => messageOf(message).event).includes(event),
    true,
    'that the message is in the history',
  )
  await client.succeed('leave', room)
}

async function toldApart(hub: HubUnderTest): Promise<void> {
  const prefix = hub.room()
  const names = alike.map((name) => `${prefix}${name}`)
  const [client, sender] = [await hub.joined(names), await hub.welcomed()]
  for (const [n, room] of names.entries()) {
    same(client.welcome.streams[room]?.top, 0, `the top of ${room} before its message`)
    await sender.succeed('send', room, `e${n}`, 1)
  }
  for (const [n, room] of names.entries()) {
    await client.messages(room, 1)
    same(client.events(room), [`e${n}`], `the messages of ${room}`)
    same((await hub.history(room)).length, 1, `the length of the history of ${room}`)
  }
}

async function guardsInboxes(hub: HubUnderTest): Promise<void> {
  const [other, client] = [await hub.welcomed(), await hub.welcomed()]
  for (const address of [`@${other.user}`, `@${hub.user().id}`]) {
    for (const [type, ...elements] of [
      ['join'],
      ['join', { since: ['e', 0, null], state: 1 }],
      ['read'],
      ['who'],
      ['state', 1],
    ] as const) {
      const answer = await client.request(type, address, ...elements)
      contains(answer, { code: 'forbidden' }, `the answer to ${type}`)
    }
    const { code } = await client.request('leave', address)
    oneOf(code, ['ok', 'forbidden'], 'the answer to leave')
  }
  const sender = await hub.welcomed()
  if ((await sender.request('send', `@${other.user}`, 'secret', 1)).code === 'ok')
    await other.messages(`@${other.user}`, 1)
  await client.roundTrip()
  same(client.all('msg'), [], 'the messages of a session that is not of the user')
}

async function guardsSessions(hub: HubUnderTest): Promise<void> {
  const [other, client] = [await hub.welcomed(), await hub.welcomed()]
  for (const session of [client.sessionId, other.sessionId, 'unknown-id', 'x'.repeat(255)]) {
    const address = `~${session}`
    for (const [type, ...elements] of [['join'], ['read'], ['who'], ['state', 1]] as const) {
      const answer = await client.request(type, address, ...elements)
      contains(answer, { code: 'forbidden' }, `the answer to ${type}`)
    }
    same((await client.request('send', address, 'e', 1)).code, 'unsupported', 'the answer to send')
    const { code } = await client.request('leave', address)
    oneOf(code, ['ok', 'forbidden', 'unsupported'], 'the answer to leave')
  }
  await other.roundTrip()
  same(other.types(), ['welcome', 'pong'], 'the frames of the other session')
}
