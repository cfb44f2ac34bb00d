import { contains, same } from '../check.ts'
import type { ProtocolCase } from './case.ts'
import type { ProtocolClient } from './client.ts'
import { positionOf } from './frames.ts'
import type { HubUnderTest } from './hub-under-test.ts'

/** Readers that are slower than the writers, and replays. */
export const backpressure: readonly ProtocolCase[] = [
  {
    name: 'a client that stops reading for a while gets every message afterwards, in order',
    rules: ['P-LV-4', 'P-ST-5'],
    needs: ['pause'],
    run: catchesUp,
  },
  {
    name: 'a replay of more than a connection holds is whole',
    rules: ['P-ST-5', 'P-LV-4'],
    needs: ['pause'],
    async run(hub) {
      const room = hub.room()
      const sender = await hub.welcomed()
      const first = await sender.succeed('send', room, 'first', 1)
      await write(sender, room, { count: 80, data: 'x'.repeat(60_000) })
      const reader = await hub.welcomed()
      reader.pause()
      reader.write(['join', reader.nextRef(), room, { since: positionOf(first) }])
      await write(await hub.welcomed(), room, { count: 5, data: 1 })
      reader.resume()
      const got = (await reader.messages(room, 85)).map(({ at }) => at)
      const expected = (await hub.history(room)).map(({ at }) => at)
      same(got, expected.slice(1), 'the offsets of the messages')
      await reader.roundTrip()
      same(reader.all('gap'), [], 'the gaps')
    },
  },
  {
    name: 'a replay of more than 16 MiB is a gap, and no part of it comes',
    rules: ['P-ST-5'],
    async run(hub) {
      const room = hub.room()
      const senders = await Promise.all([1, 2, 3, 4].map(() => hub.welcomed()))
      const data = 'x'.repeat(62_000)
      await Promise.all(senders.map((sender) => write(sender, room, { count: 72, data })))
      const reader = await hub.welcomed()
      const { epoch, base } = await reader.succeed('read', room, { limit: 1 })
      const { top, ...start } = await reader.succeed('join', room, { since: [epoch, 0, null] })
      const reason = base > 0 ? 'trimmed' : 'limit'
      contains(start, { mode: 'gap', reason, at: top }, 'the answer')
      await reader.roundTrip()
      same(reader.all('msg', room), [], 'the messages')
    },
  },
]

async function catchesUp(hub: HubUnderTest): Promise<void> {
  const room = hub.room()
  const [slow, quick, sender] = [await hub.joined(room), await hub.joined(room), await hub.welcomed()]
  slow.pause()
  const data = 'x'.repeat(60_000)
  for (let n = 0; n < 90; n += 3) {
    const refs = [1, 2, 3].map(() => sender.nextRef())
    for (const ref of refs) sender.write(['send', ref, room, `e${ref}`, data])
    same(await sender.codes(refs), ['ok', 'ok', 'ok'], 'the answers')
  }
  await quick.messages(room, 90)
  slow.resume()
  const got = await slow.messages(room, 90)
  same(
    got.map(({ event }) => event),
    Array.from({ length: 90 }, (_, n) => `e${n + 1}`),
    'the messages',
  )
  same(slow.all('gap'), [], 'the gaps')
}

/** Sends messages, each after the answer to the message before. */
async function write(
  client: ProtocolClient,
  room: string,
  { count, data }: { readonly count: number; readonly data: unknown },
): Promise<void> {
  for (let n = 0; n < count; n++) await client.succeed('send', room, `${client.user}/${n}`, data)
}
