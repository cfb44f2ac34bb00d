import { contains, holds, oneOf, same } from '../check.ts'
import type { ProtocolCase } from './case.ts'
import type { WireAnswer } from './frames.ts'
import type { HubUnderTest } from './hub-under-test.ts'

const isDup = ({ result }: WireAnswer): boolean => result.dup ?? false

/** Operations that are written again with the same ref. */
export const repetition: readonly ProtocolCase[] = [
  {
    name: 'a repeated send on one connection is stored once and answered with dup and the first position',
    rules: ['P-PB-2'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.joined(room)
      const first = await client.requestAs(3, 'send', room, 'e', { a: 1, b: 'é' })
      same(isDup(first), false, '`dup` of the first answer')
      for (const _ of [1, 2]) {
        const again = await client.requestAs(3, 'send', room, 'e', { a: 1, b: 'é' })
        same([again.code, again.result], ['ok', { ...first.result, dup: true }], 'the answer to a repetition')
      }
      await client.roundTrip()
      same(client.all('msg', room).length, 1, 'the number of messages')
      await hub.expectHistory(room, ['e'])
    },
  },
  {
    name: 'a repeated send in one transmission is stored once',
    rules: ['P-PB-2'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.welcomed()
      const frame = ['send', 3, room, 'e', 1]
      client.write(frame, frame, frame)
      const answers = await Promise.all([0, 1, 2].map((nth) => client.answer(3, nth)))
      same(
        answers.map(({ code }) => code),
        ['ok', 'ok', 'ok'],
        'the answers',
      )
      same(answers.map(isDup), [false, true, true], '`dup` of the answers')
      await hub.expectHistory(room, ['e'])
    },
  },
  {
    name: 'a repeated send has the same data, however the data is spelled',
    rules: ['P-PB-2', 'P-FR-7'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.welcomed()
      client.transmit(`["send",1,"${room}","e",{"a":1,"b":"é"}]`)
      await client.answer(1)
      client.transmit(` ["send", 1, "${room}", "\\u0065", {"a": 9, "a": 1.0, "b": "\\u00e9"}, "trailing"]`)
      same(isDup(await client.answer(1, 1)), true, '`dup`')
    },
  },
  ...(
    [
      ['other data', 'e', 2],
      ['another event', 'f', 1],
      ['data of another type', 'e', '1'],
      ['data that is like it', 'e', [1]],
    ] as const
  ).map(([what, event, data]) => ({
    name: `a repeated send with ${what} is a conflict`,
    rules: ['P-PB-2'],
    async run(hub: HubUnderTest) {
      const room = hub.room()
      const client = await hub.welcomed()
      same((await client.requestAs(7, 'send', room, 'e', 1)).code, 'ok', 'the first answer')
      same((await client.requestAs(7, 'send', room, event, data)).code, 'conflict', 'the answer')
      same(isDup(await client.requestAs(7, 'send', room, 'e', 1)), true, '`dup` of a repetition afterwards')
      await hub.expectHistory(room, ['e'])
    },
  })),
  {
    name: 'a send with the ref of a send to another address is a message of its own',
    rules: ['P-PB-2'],
    async run(hub) {
      const rooms = [hub.room(), hub.room()]
      const client = await hub.welcomed()
      for (const room of rooms) same(isDup(await client.requestAs(1, 'send', room, 'e', 1)), false, '`dup`')
      for (const room of rooms) await hub.expectHistory(room, ['e'])
    },
  },
  {
    name: 'a send with the ref of a send of another session is a message of its own',
    rules: ['P-PB-2'],
    async run(hub) {
      const [room, user] = [hub.room(), hub.user()]
      const tabs = await Promise.all([1, 2].map(() => hub.welcomed({ user })))
      for (const tab of tabs) same(isDup(await tab.requestAs(1, 'send', room, 'e', 1)), false, '`dup`')
      await hub.expectHistory(room, ['e', 'e'])
    },
  },
  {
    name: 'a ref below the greatest ref of an address that was never used there is a conflict',
    rules: ['P-PB-2'],
    async run(hub) {
      const [room, other] = [hub.room(), hub.room()]
      const client = await hub.welcomed()
      same((await client.requestAs(10, 'send', room, 'e', 1)).code, 'ok', 'the answer to ref 10')
      same((await client.requestAs(9, 'send', room, 'f', 1)).code, 'conflict', 'the answer to ref 9')
      same((await client.requestAs(9, 'send', other, 'f', 1)).code, 'ok', 'the answer to ref 9 elsewhere')
      await hub.expectHistory(room, ['e'])
    },
  },
  {
    name: 'the last refs of the window are known, and a send with an older ref is never stored again',
    rules: ['P-PB-2'],
    run: remembersWindow,
  },
  {
    name: 'a send that is repeated after a resume is answered with dup and the first position',
    rules: ['P-PB-2'],
    async run(hub) {
      const room = hub.room()
      const first = await hub.welcomed()
      const sent = await first.succeed('send', room, 'e', { a: 1 })
      await first.cut()
      const back = await hub.resume(first, 1)
      await back.welcomed()
      const again = await back.requestAs(1, 'send', room, 'e', { a: 1 })
      same(again.result, { ...sent, dup: true }, 'the answer')
      await hub.expectHistory(room, ['e'])
    },
  },
  {
    name: 'a send that is repeated after a resume with another event or data is a conflict',
    rules: ['P-PB-2'],
    async run(hub) {
      const room = hub.room()
      const first = await hub.welcomed()
      await first.succeed('send', room, 'e', 1)
      const back = await hub.resume(first, 1)
      await back.welcomed()
      same((await back.requestAs(1, 'send', room, 'e', 2)).code, 'conflict', 'the answer to other data')
      same((await back.requestAs(1, 'send', room, 'f', 1)).code, 'conflict', 'the answer to another event')
      await hub.expectHistory(room, ['e'])
    },
  },
  {
    name: 'a send with the same ref in a fresh session is a message of its own',
    rules: ['P-PB-2', 'P-PB-8'],
    async run(hub) {
      const [room, user] = [hub.room(), hub.user()]
      for (const _ of [1, 2]) {
        const client = await hub.welcomed({ user })
        same(isDup(await client.requestAs(1, 'send', room, 'e', 1)), false, '`dup`')
      }
      await hub.expectHistory(room, ['e', 'e'])
    },
  },
  {
    name: 'a call may be repeated with its ref on a new connection',
    rules: ['P-PB-7'],
    async run(hub) {
      const first = await hub.welcomed()
      same((await first.requestAs(4, 'call', 'nobody', 1)).code, 'not_found', 'the first answer')
      const back = await hub.resume(first, 1)
      await back.welcomed()
      same((await back.requestAs(4, 'call', 'nobody', 1)).code, 'not_found', 'the answer to a repetition')
    },
  },
]

async function remembersWindow(hub: HubUnderTest): Promise<void> {
  const room = hub.room()
  const client = await hub.welcomed()
  const { inflight } = client.welcome.limits
  const count = inflight + 6
  const refs = Array.from({ length: count }, (_, n) => n + 1)
  for (let start = 0; start < count; start += Math.ceil(inflight / 2)) {
    const window = refs.slice(start, start + Math.ceil(inflight / 2))
    client.write(...window.map((ref) => ['send', ref, room, 'e', ref]))
    for (const code of await client.codes(window)) same(code, 'ok', 'an answer')
  }
  for (const ref of [count, Math.ceil(count / 2), count - inflight + 1]) {
    const again = await client.requestAs(ref, 'send', room, 'e', ref)
    contains(again.result, { dup: true }, `the answer to ref ${ref}`)
  }
  const old = await client.requestAs(1, 'send', room, 'e', 1)
  oneOf(old.code, ['ok', 'conflict'], 'the answer to the oldest ref')
  holds(old.code === 'conflict' || isDup(old), 'a send with the oldest ref was stored again')
  same((await hub.history(room)).length, count, 'the number of messages')
}
