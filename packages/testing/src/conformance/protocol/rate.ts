import { ConformanceError, holds, oneOf, same } from '../check.ts'
import type { ProtocolCase } from './case.ts'
import type { ProtocolClient } from './client.ts'
import type { WireAnswer } from './frames.ts'
import type { HubUnderTest } from './hub-under-test.ts'
import { sleep } from './sleep.ts'

/** Operations that count toward the rate, besides `send`. */
const counted: readonly (readonly [type: string, elements: (room: string) => unknown[]])[] = [
  ['read', (room) => [room]],
  ['join', (room) => [room]],
  ['state', (room) => [room, 1]],
  ['who', (room) => [room]],
  ['call', () => ['nobody', 1]],
]

/** Operations besides sends and calls that may be unanswered. */
const window = 16

/** Limits of operations per second. */
export const rate: readonly ProtocolCase[] = [
  {
    name: 'the rate is a burst and so many operations a second; above it rate_limited tells when to retry',
    rules: ['P-LV-6'],
    run: limitsRate,
  },
  {
    name: 'the rate holds for all sessions of a user, and not for other users',
    rules: ['P-LV-6'],
    async run(hub) {
      const [room, user] = [hub.room(), hub.user()]
      const [client, tab] = [await hub.welcomed({ user }), await hub.welcomed({ user })]
      const other = await hub.welcomed()
      await exhaust(client, room)
      await expectLimited(tab, ['send', room, 'e', 1])
      await other.succeed('send', room, 'e', 1)
    },
  },
  ...counted.map(([type, elements]) => ({
    name: `the rate counts ${type}`,
    rules: ['P-LV-6'],
    async run(hub: HubUnderTest) {
      const room = hub.room()
      const client = await hub.welcomed()
      await exhaust(client, room)
      await expectLimited(client, [type, ...elements(room)])
    },
  })),
  {
    name: 'the rate counts auth',
    rules: ['P-LV-6'],
    async run(hub) {
      const [room, user] = [hub.room(), hub.user()]
      const client = await hub.welcomed({ user })
      await exhaust(client, room)
      await expectLimited(client, ['auth', user.token])
    },
  },
  {
    name: 'the rate counts the pages of 16 KiB of a read',
    rules: ['P-LV-6'],
    run: countsBytes,
  },
  {
    name: 'a send that was refused for the rate may be sent again with its ref, unless a greater ref was stored',
    rules: ['P-LV-6', 'P-PB-2'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.welcomed()
      const refused = (await exhaust(client, room)).filter(({ code }) => code !== 'ok')
      const last = lastOf(refused)
      const { ref } = last
      await sleep((last.extra.retryAfter ?? 0) + 100)
      const again = await client.requestAs(ref, 'send', room, 'e', ref)
      same([again.code, again.result.dup ?? false], ['ok', false], 'the answer')
      const lower = refused.at(-2)?.ref
      if (lower !== undefined)
        same((await client.requestAs(lower, 'send', room, 'e', lower)).code, 'conflict', 'the answer below')
      same((await client.requestAs(ref, 'send', room, 'e', ref)).result.dup, true, '`dup` of a repetition')
    },
  },
  {
    name: 'the rate counts no pings and no leaves',
    rules: ['P-LV-6'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.welcomed()
      await exhaust(client, room)
      for (let n = 0; n < 20; n++) await client.roundTrip()
      for (let n = 0; n < 20; n++) same((await client.request('leave', room)).code, 'ok', 'the answer')
    },
  },
  {
    name: 'the rate is checked after a known repetition, and before address, depth and event',
    rules: ['P-FR-9', 'P-LV-6'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.welcomed()
      const taken = (await exhaust(client, room)).filter(({ code }) => code === 'ok')
      const { ref } = lastOf(taken)
      client.write(...Array.from({ length: 40 }, () => ['send', ref, room, 'e', ref]))
      for (let nth = 1; nth <= 40; nth++)
        same((await client.answer(ref, nth)).result.dup, true, '`dup` of a repetition')
      await expectLimited(client, ['send', 'nowhere', '$e', 1])
    },
  },
  {
    name: 'the rate is no obstacle to repetitions after a resume',
    rules: ['P-LV-6', 'P-PB-2'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.welcomed()
      const { inflight } = client.welcome.limits
      const taken = (await exhaust(client, room)).filter(({ code }) => code === 'ok').slice(4 - inflight)
      const back = await hub.resume(client, 1)
      await back.welcomed()
      back.write(...taken.map(({ ref }) => ['send', ref, room, 'e', ref]))
      for (const { ref } of taken) {
        const { code, result } = await back.answer(ref)
        same([code, result.dup], ['ok', true], 'the answer to a repetition')
      }
    },
  },
]

async function limitsRate(hub: HubUnderTest): Promise<void> {
  const room = hub.room()
  const client = await hub.welcomed()
  const { burst, rate: perSecond } = client.welcome.limits
  const started = hub.now()
  const answers = await exhaust(client, room)
  const most = burst + 1 + ((hub.now() - started) * perSecond) / 1000
  const taken = answers.filter(({ code }) => code === 'ok')
  const first = answers.slice(0, burst)
  holds(
    first.every(({ code }) => code === 'ok'),
    'an operation of the burst was refused',
  )
  holds(taken.length <= most, `${taken.length} operations were taken, of at most ${most}`)
  const refused = answers.filter(({ code }) => code !== 'ok')
  for (const { code } of refused) same(code, 'rate_limited', 'a refusal')
  const { retryAfter = 0 } = lastOf(refused).extra
  holds(retryAfter > 0 && retryAfter <= 2_000, `\`retryAfter\` is ${retryAfter}`)
  same((await hub.history(room)).length, taken.length, 'the number of messages')
  await sleep(retryAfter + 20)
  await client.succeed('send', room, 'later', 1)
}

/** Reads large pages at once, fewer than the burst allows operations, until an operation is refused. */
async function countsBytes(hub: HubUnderTest): Promise<void> {
  const room = hub.room()
  const [sender, reader] = [await hub.welcomed(), await hub.welcomed()]
  for (let n = 0; n < 6; n++) await sender.succeed('send', room, 'e', 'x'.repeat(50_000))
  const most = Math.max(1, Math.floor(reader.welcome.limits.burst / 2 / window))
  const codes = new Set<string>()
  for (let windows = 0; windows < most; windows++) {
    const refs = Array.from({ length: window }, () => reader.nextRef())
    reader.write(...refs.map((ref) => ['read', ref, room]))
    for (const code of await reader.codes(refs)) codes.add(code)
  }
  codes.add((await reader.request('read', room)).code)
  oneOf('rate_limited', [...codes], 'the answers')
}

/** Sends as fast as the window allows until the hub refuses a send, and returns every answer. */
async function exhaust(client: ProtocolClient, room: string): Promise<WireAnswer[]> {
  const answers: WireAnswer[] = []
  const { inflight } = client.welcome.limits
  for (let windows = 0; windows < 60; windows++) {
    const refs = Array.from({ length: inflight }, () => client.nextRef())
    client.write(...refs.map((ref) => ['send', ref, room, 'e', ref]))
    for (const ref of refs) answers.push(await client.answer(ref))
    if (answers.some(({ code }) => code !== 'ok')) return answers
  }
  throw new ConformanceError(`${answers.length} sends at once were not limited`)
}

/**
 * Repeats an operation until it is refused for the rate: faster than its window allows, so that a slow hub
 * gets there, too.
 */
async function expectLimited(client: ProtocolClient, [type, ...elements]: readonly unknown[]): Promise<void> {
  const codes = new Set<string>()
  for (let windows = 0; windows < 40 && !codes.has('rate_limited'); windows++) {
    const refs = Array.from({ length: 48 }, () => client.nextRef())
    client.write(...refs.map((ref) => [type, ref, ...elements]))
    for (const code of await client.codes(refs)) codes.add(code)
  }
  oneOf('rate_limited', [...codes], 'the answers')
}

function lastOf(answers: readonly WireAnswer[]): WireAnswer {
  const last = answers.at(-1)
  if (last === undefined) throw new ConformanceError('there is no such answer')
  return last
}
