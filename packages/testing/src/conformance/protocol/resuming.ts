import { contains, holds, oneOf, same } from '../check.ts'
import type { ProtocolCase } from './case.ts'
import type { ProtocolClient } from './client.ts'
import { brief } from './frames.ts'
import type { HubUnderTest } from './hub-under-test.ts'

/** Waits for the welcome of a client and checks whether it has resumed the session of another client. */
async function resumes(client: ProtocolClient, older: ProtocolClient): Promise<void> {
  const { resumed, session } = await client.welcomed()
  same({ resumed, id: session.id }, { resumed: true, id: older.sessionId }, 'the session')
}

/** Waits for the welcome of a client and checks that it begins a session. */
async function begins(client: ProtocolClient, older: ProtocolClient): Promise<void> {
  const { resumed, session } = await client.welcomed()
  same(resumed, false, '`resumed`')
  holds(session.id !== older.sessionId, 'a session that was not resumed has the id of the old one')
}

/** Changes to the session in a `hello` that name no session which the hub may resume. */
const strangers: readonly (readonly [what: string, change: object])[] = [
  ['a wrong secret', { secret: 'x'.repeat(24) }],
  ['an empty secret', { secret: '' }],
  ['a secret of 10 000 characters', { secret: 'x'.repeat(10_000) }],
  ['the id of no session', { id: 'abcdefgh' }],
  ['an empty id', { id: '' }],
  ['the id "__proto__"', { id: '__proto__' }],
  ['the id "constructor" and the secret "name"', { id: 'constructor', secret: 'name' }],
  ['an id of 5 000 characters', { id: 'x'.repeat(5_000) }],
]

/** Sessions across connections: their secrets, and the attempts that are counted with each secret. */
export const resuming: readonly ProtocolCase[] = [
  {
    name: 'resuming keeps the session and gives a new secret',
    rules: ['P-HS-4'],
    async run(hub) {
      const client = await hub.welcomed()
      await client.cut()
      const back = await hub.resume(client, 1)
      await resumes(back, client)
      same(back.user, client.user, 'the user')
      holds(back.welcome.session.secret !== client.welcome.session.secret, 'the secret is the old one')
    },
  },
  {
    name: 'a session is resumed again and again, with attempts counted from 1 for each secret',
    rules: ['P-HS-4'],
    async run(hub) {
      let client = await hub.welcomed()
      for (let times = 0; times < 4; times++) {
        await client.roundTrip()
        await client.cut()
        const back = await hub.resume(client, 1)
        await resumes(back, client)
        client = back
      }
    },
  },
  {
    name: 'the old secret lives until a frame arrives on the new connection',
    rules: ['P-HS-4'],
    async run(hub) {
      const first = await hub.welcomed()
      const lost = await hub.resume(first, 1)
      await lost.welcomed()
      const second = await hub.resume(first, 2)
      await resumes(second, first)
      same(await lost.closeCode(), 4509, 'the close code of the connection that was replaced')
      await second.roundTrip()
      await begins(await hub.resume(first, 3), first)
      await second.roundTrip()
    },
  },
  {
    name: 'a new secret takes the place of the newest secret, which is dead then',
    rules: ['P-HS-4'],
    async run(hub) {
      const first = await hub.welcomed()
      const lost = await hub.resume(first, 1)
      await lost.welcomed()
      const second = await hub.resume(first, 2)
      await second.welcomed()
      await begins(await hub.resume(lost, 1), first)
      await second.roundTrip()
    },
  },
  {
    name: 'the newest secret may be used while the secret before it is alive',
    rules: ['P-HS-4'],
    async run(hub) {
      const first = await hub.welcomed()
      const second = await hub.resume(first, 1)
      await second.welcomed()
      await resumes(await hub.resume(second, 1), first)
      await begins(await hub.resume(first, 9), first)
    },
  },
  {
    name: "frames in hello's own transmission do not end the old secret",
    rules: ['P-HS-4'],
    async run(hub) {
      const first = await hub.welcomed()
      const lost = await hub.resume(first, 1, { behind: [['ping', 1]] })
      await lost.next('pong')
      await resumes(await hub.resume(first, 2), first)
    },
  },
  ...[['pong'], ['frob'], ['leave', 1, '#a'], ['join', 1, 'nowhere']].map((frame) => ({
    name: `the frame ${JSON.stringify(frame)} behind the welcome ends the old secret`,
    rules: ['P-HS-4'],
    async run(hub: HubUnderTest) {
      const first = await hub.welcomed()
      const second = await hub.resume(first, 1)
      await second.welcomed()
      second.write(frame)
      await second.roundTrip()
      await begins(await hub.resume(first, 2), first)
    },
  })),
  ...[
    [1, 1],
    [5, 5],
    [5, 4],
    [2, 1],
  ].map(([n = 0, again = 0]) => ({
    name: `attempt ${n} and then attempt ${again}: the second connection alone is closed, with 4001`,
    rules: ['P-HS-4'],
    async run(hub: HubUnderTest) {
      const first = await hub.welcomed()
      const second = await hub.resume(first, n)
      await second.welcomed()
      const third = await hub.resume(first, again)
      same(await third.closeCode(), 4001, 'the close code')
      same(third.frames, [], 'the frames before the close')
      await second.roundTrip()
      await resumes(await hub.resume(second, 1), first)
    },
  })),
  ...[0, -1, -(2 ** 53 - 1)].map((n) => ({
    name: `attempts count from 1: attempt ${n} is refused and does no harm`,
    rules: ['P-HS-4'],
    async run(hub: HubUnderTest) {
      const first = await hub.welcomed()
      const second = await hub.resume(first, n)
      oneOf(await second.closeCode(), [4001, 4502], 'the close code')
      await first.roundTrip()
    },
  })),
  {
    name: 'a welcome that is lost with its connection does no harm',
    rules: ['P-HS-4'],
    async run(hub) {
      const first = await hub.welcomed()
      for (let n = 1; n <= 5; n++) (await hub.resume(first, n)).close()
      const back = await hub.resume(first, 6)
      await resumes(back, first)
      await back.roundTrip()
    },
  },
  {
    name: 'the greatest attempt is accepted',
    rules: ['P-HS-4', 'P-FR-6'],
    async run(hub) {
      const first = await hub.welcomed()
      await resumes(await hub.resume(first, 2 ** 53 - 1), first)
    },
  },
  ...strangers.map(([what, change]) => ({
    name: `${what} begins a session, and the session that lives stays`,
    rules: ['P-HS-4'],
    async run(hub: HubUnderTest) {
      const first = await hub.welcomed()
      const session = { ...first.welcome.session, n: 1, ...change }
      const client = await hub.welcomed({ user: hub.userOf(first), hello: { session } })
      await begins(client, first)
      same(client.user, first.user, 'the user')
      holds(client.sessionId !== session.id, `the session has the id ${brief(session.id)}`)
      await first.roundTrip()
      await resumes(await hub.resume(first, 1), first)
    },
  })),
  {
    name: 'a client without the secret learns nothing from an attempt that was used',
    rules: ['P-HS-4'],
    run: revealsNoAttempt,
  },
  {
    name: 'the session of another user is not resumed and not replaced',
    rules: ['P-HS-4', 'P-HS-5'],
    async run(hub) {
      const first = await hub.welcomed()
      const user = hub.user()
      const thief = await hub.resume(first, 1, { hello: { token: user.token } })
      await begins(thief, first)
      same(thief.user, user.id, 'the user')
      await first.roundTrip()
      await resumes(await hub.resume(first, 2), first)
    },
  },
  {
    name: 'a session that is resumed more often than the hub allows is closed with 4013, and other sessions of its user are not',
    rules: ['P-LV-3'],
    run: limitsResumes,
  },
]

async function revealsNoAttempt(hub: HubUnderTest): Promise<void> {
  const first = await hub.welcomed()
  const second = await hub.resume(first, 5)
  await second.welcomed()
  const { id, secret } = first.welcome.session
  const owner = hub.userOf(first)
  const stranger = hub.user()
  for (const [user, session] of [
    [owner, { id, secret: `${secret}x`, n: 5 }],
    [owner, { id, secret: secret.slice(1), n: 1 }],
    [stranger, { id, secret, n: 5 }],
    [stranger, { ...second.welcome.session, n: 1 }],
  ] as const) {
    const client = await hub.welcomed({ user, hello: { session } })
    contains(client.welcome, { resumed: false, user: user.id }, 'the welcome')
  }
  await second.roundTrip()
  const late = await hub.welcomed({ user: owner, hello: { session: { id, secret, n: 5 } } })
  same(late.welcome.resumed, false, '`resumed` with a dead secret')
}

async function limitsResumes(hub: HubUnderTest): Promise<void> {
  const { burst, rate } = hub.harness.resumes ?? { burst: 10, rate: 1 }
  const user = hub.user()
  const other = await hub.welcomed({ user })
  let client = await hub.welcomed({ user })
  const started = hub.now()
  const results: (boolean | number)[] = []
  while (results.length < burst * 6 && results.at(-1) !== 4013) {
    const next = await hub.resume(client, 1)
    results.push(await next.orCloseCode(next.welcomed().then(({ resumed }) => resumed)))
    if (results.at(-1) === true) client = next
  }
  const allowed = results.length - 1
  same(results.at(-1), 4013, 'the last outcome')
  same(results.slice(0, -1), Array(allowed).fill(true), 'the outcomes before')
  const most = burst + 1 + ((hub.now() - started) * rate) / 1000
  holds(allowed >= burst && allowed <= most, `${allowed} resumes were allowed, of ${burst} to ${most}`)
  await resumes(await hub.resume(other, 1), other)
}
