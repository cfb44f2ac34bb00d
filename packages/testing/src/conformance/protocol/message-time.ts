import { systemRuntime } from '@chat/core'
import { holds, same } from '../check.ts'
import type { ProtocolCase } from './case.ts'
import { messageOf, positionOf } from './frames.ts'

/** Milliseconds by which the clock of a hub may differ from the clock of the suite. */
const tolerance = 24 * 3_600_000

/** The time of messages, which the log stamps. */
export const messageTime: readonly ProtocolCase[] = [
  {
    name: 'every message has the time at which the log took it, in milliseconds since 1970',
    rules: ['P-MT-1', 'P-MT-2'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.joined(room)
      await hub.fill(client, room, { count: 5 })
      const now = systemRuntime.wallTime()
      for (const { time } of await client.messages(room, 5)) {
        holds(Number.isSafeInteger(time), `the time ${time} is not an integer`)
        holds(Math.abs(time - now) < tolerance, `the time ${time} is far from ${now}`)
      }
    },
  },
  {
    name: 'the time of a message is the same for every reader, live, in a replay and in the history',
    rules: ['P-MT-1', 'P-ST-6'],
    async run(hub) {
      const room = hub.room()
      const [sender, reader] = [await hub.joined(room), await hub.joined(room)]
      const { epoch } = await sender.succeed('join', room)
      for (const event of ['a', 'b', 'c']) await sender.succeed('send', room, event, 1)
      const told = await sender.messages(room, 3)
      same(await reader.messages(room, 3), told, 'the messages of another reader')
      same(await hub.history(room), told, 'the history')
      const late = await hub.welcomed()
      await late.succeed('join', room, { since: positionOf({ epoch, at: 0, id: null }) })
      same(await late.messages(room, 3), told, 'the replay')
    },
  },
  {
    name: 'a repetition does not change the time of a message',
    rules: ['P-MT-1', 'P-PB-2'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.joined(room)
      await client.requestAs(7, 'send', room, 'e', 1)
      const told = await client.messages(room, 1)
      await hub.fill(await hub.welcomed(), room, { count: 2 })
      await client.requestAs(7, 'send', room, 'e', 1)
      same((await hub.history(room))[0], told[0], 'the message in the history')
    },
  },
  {
    name: 'a client does not set the time of its messages',
    rules: ['P-MT-1', 'P-FR-4'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.joined(room)
      await client.succeed('send', room, 'e', { time: 12 }, null, 12, 12)
      await client.succeed('send', room, 'e', { time: 12 }, { time: 12 }, 12, 12)
      for (const { time } of await client.messages(room, 2)) holds(time !== 12, 'the time is the client’s')
    },
  },
  {
    name: 'a message without meta ends with its time, or with the offset before it',
    rules: ['P-MT-2'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.joined(room)
      await client.succeed('send', room, 'e', 1)
      await client.messages(room, 1)
      const [frame = ['msg']] = client.all('msg', room)
      const { at, prev } = messageOf(frame)
      same(frame.length, prev === at - 1 ? 8 : 9, 'the number of elements')
    },
  },
]
