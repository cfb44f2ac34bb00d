import { contains, holds, oneOf, same } from '../check.ts'
import type { ProtocolCase } from './case.ts'
import { brief, sendOfSize, textOf } from './frames.ts'
import type { HubUnderTest } from './hub-under-test.ts'

/** Close codes for sizes over a limit: a transport may say 1009. */
const tooLarge = [4514, 1009]

/** Operations that are written at once, and the greatest number of them that a hub must serve. */
const windows: readonly (readonly [type: string, elements: (room: string) => unknown[]])[] = [
  ['send', (room) => [room, 'e', 1]],
  ['call', () => ['nobody', 1]],
  ['read', (room) => [room]],
  ['join', (room) => [room]],
]

/** Limits of sizes, of unanswered operations and of rooms. */
export const sizes: readonly ProtocolCase[] = [
  ...['a', 'é', '😀'].map((letter) => ({
    name: `a frame of the greatest size is taken, and a frame of a byte more closes with 4514: ${brief(letter)}`,
    rules: ['P-LV-3'],
    async run(hub: HubUnderTest) {
      const room = hub.room()
      const client = await hub.joined(room)
      const { frame } = client.welcome.limits
      client.transmit(sendOfSize(frame, [1, room], letter))
      same((await client.answer(1)).code, 'ok', 'the answer')
      await client.messages(room, 1)
      client.transmit(sendOfSize(frame + 1, [2, room], letter))
      oneOf(await client.closeCode(), tooLarge, 'the close code')
      same((await hub.history(room)).length, 1, 'the number of messages')
    },
  })),
  {
    name: 'a transmission of almost the greatest size is taken whole',
    rules: ['P-LV-3'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.welcomed()
      const { frame, transmission } = client.welcome.limits
      const count = Math.min(Math.floor(transmission / frame), 16)
      const refs = Array.from({ length: count }, (_, n) => n + 1)
      client.transmit(refs.map((ref) => sendOfSize(frame - 1, [ref, room])).join('\n'))
      same(await client.codes(refs), Array(count).fill('ok'), 'the answers')
    },
  },
  ...[1024, 5 * 1024 * 1024].map((more) => ({
    name: `a transmission of ${more} bytes more than the greatest size closes with 4514 or 1009`,
    rules: ['P-LV-3'],
    async run(hub: HubUnderTest) {
      const client = await hub.welcomed()
      const { frame, transmission } = client.welcome.limits
      const line = `["pong",1,"${textOf(Math.min(60 * 1024, frame - 20))}"]`
      client.transmit(
        Array(Math.ceil((transmission + more) / line.length))
          .fill(line)
          .join('\n'),
      )
      oneOf(await client.closeCode(), tooLarge, 'the close code')
      await hub.expectAlive()
    },
  })),
  ...windows.map(([type, elements]) => ({
    name: `of more ${type}s than a window has, each is answered once: served, or busy`,
    rules: ['P-PB-6'],
    run: (hub: HubUnderTest) => overfills(hub, type, elements),
  })),
  {
    name: 'a session joins as many rooms as the limit says, the next room is too_large, and a leave makes room',
    rules: ['P-LV-3'],
    run: limitsRooms,
  },
  {
    name: 'the rooms of hello above the limit are refused with too_large',
    rules: ['P-HS-7', 'P-LV-3'],
    async run(hub) {
      const { rooms: limit } = (await hub.welcomed()).welcome.limits
      const prefix = hub.room()
      const rooms = Array.from({ length: limit + 7 }, (_, n) => `${prefix}-${n}`)
      const client = await hub.joined(rooms)
      const entries = rooms.map((room) => client.welcome.streams[room])
      same(entries.filter((entry) => entry?.mode === 'live').length, limit, 'the number of rooms')
      const refused = entries.filter((entry) => entry?.mode === 'refused')
      same(refused.length, 7, 'the number of the other entries')
      for (const entry of refused) contains(entry, { mode: 'refused', code: 'too_large' }, 'another entry')
    },
  },
]

async function overfills(
  hub: HubUnderTest,
  type: string,
  elements: (room: string) => unknown[],
): Promise<void> {
  const room = hub.room()
  const client = await hub.welcomed()
  const { burst, inflight } = client.welcome.limits
  const window = type === 'send' || type === 'call' ? inflight : 16
  const count = Math.min(window + 44, burst - 1)
  const refs = Array.from({ length: count }, () => client.nextRef())
  client.write(...refs.map((ref) => [type, ref, ...elements(room)]))
  const codes = await client.codes(refs)
  const served = type === 'call' ? 'not_found' : 'ok'
  for (const code of codes) oneOf(code, [served, 'busy'], 'an answer')
  const first = codes.slice(0, 16)
  holds(
    first.every((code) => code === served),
    `the first answers are ${first.join()}`,
  )
  const stored = type === 'send' ? codes.filter((code) => code === 'ok').length : 0
  same((await hub.history(room)).length, stored, 'the number of messages')
}

async function limitsRooms(hub: HubUnderTest): Promise<void> {
  const { rooms: limit } = (await hub.welcomed()).welcome.limits
  const prefix = hub.room()
  const rooms = Array.from({ length: limit }, (_, n) => `${prefix}-${n}`)
  const user = hub.user()
  const all = ['*', `@${user.id}`, ...rooms]
  const client = await hub.joined(all, user)
  for (const address of all) same(client.welcome.streams[address]?.mode, 'live', `the mode of ${address}`)
  const more = hub.room()
  same((await client.request('join', more)).code, 'too_large', 'the answer to a join above the limit')
  for (const address of [rooms[0], '*', `@${user.id}`])
    same((await client.request('join', address)).code, 'ok', `the answer to a join of ${address}`)
  await client.succeed('leave', rooms[5])
  await client.succeed('join', more)
  same(
    (await client.request('join', rooms[5])).code,
    'too_large',
    'the answer to a join of the room that was left',
  )
}
