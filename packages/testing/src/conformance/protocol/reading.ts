import { contains, holds, same } from '../check.ts'
import type { ProtocolCase } from './case.ts'
import { messageOf, type WireFrame, type WireResult } from './frames.ts'
import type { HubUnderTest } from './hub-under-test.ts'

const eventsOf = ({ messages }: WireResult): string[] => messages.map((frame) => messageOf(frame).event)

const eventsFrom = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, n) => `e${first + n}`)

/** The largest safe integer, which stands for the end of the log. */
const end = 2 ** 53 - 1

/** Reading the history. */
export const reading: readonly ProtocolCase[] = [
  {
    name: 'a read of a room without messages is empty',
    rules: ['P-ST-6'],
    async run(hub) {
      const client = await hub.welcomed()
      for (const options of [undefined, {}, { after: 0 }, { after: 99 }, { before: 99 }, { limit: 5 }]) {
        const elements = options === undefined ? [] : [options]
        const { epoch, ...page } = await client.succeed('read', hub.room(), ...elements)
        same(typeof epoch, 'string', 'the type of the epoch')
        const empty = { base: 0, top: 0, messages: [], more: false }
        contains(page, empty, `the page for ${JSON.stringify(options)}`)
      }
    },
  },
  {
    name: 'a read gives the messages as sessions received them, oldest first',
    rules: ['P-ST-6'],
    async run(hub) {
      const room = hub.room()
      const [reader, sender] = [await hub.joined(room), await hub.welcomed()]
      const offsets = await hub.fill(sender, room, { count: 5, data: { a: [1, null] } })
      await reader.messages(room, 5)
      const page = await reader.succeed('read', room)
      contains(page, { base: 0, top: offsets.at(-1), more: false }, 'the page')
      same(page.epoch, reader.welcome.streams[room]?.epoch, 'the epoch')
      same(page.messages, reader.all('msg', room), 'the messages')
    },
  },
  {
    name: 'a read pages with after and before, both exclusive, and tells when there is more',
    rules: ['P-ST-6'],
    run: pages,
  },
  {
    name: 'a read with after and before is bad_request, and the connection lives',
    rules: ['P-ST-6'],
    async run(hub) {
      const client = await hub.welcomed()
      const answer = await client.request('read', hub.room(), { after: 1, before: 5 })
      same(answer.code, 'bad_request', 'the answer')
      await client.roundTrip()
    },
  },
  {
    name: 'a read gives 50 messages without a limit, and at most 1000',
    rules: ['P-ST-6', 'P-ST-1'],
    run: limitsPages,
  },
  ...[{ after: 0 }, { before: end }, {}].map((options) => ({
    name: `a read with ${JSON.stringify(options)} gives at most 256 KiB at a time`,
    rules: ['P-ST-6', 'P-LV-3'],
    async run(hub: HubUnderTest) {
      const room = hub.room()
      const client = await hub.welcomed()
      await hub.fill(client, room, { count: 8, data: 'x'.repeat(60_000) })
      const page = await client.succeed('read', room, { ...options, limit: 50 })
      const { length } = page.messages
      holds(length > 0 && length < 6, `the page has ${length} messages of 60 000 bytes`)
      same(page.more, true, '`more`')
      const expected = 'after' in options ? eventsFrom(1, length) : eventsFrom(9 - length, 8)
      same(eventsOf(page), expected, 'the messages')
    },
  })),
  {
    name: 'a read gets past messages that grow when they are encoded anew',
    rules: ['P-ST-6', 'P-FR-7', 'P-LV-3'],
    run: getsPast,
  },
  {
    name: 'a read needs no join and joins nothing',
    rules: ['P-ST-6'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.welcomed()
      await client.succeed('read', room)
      const sender = await hub.welcomed()
      await sender.succeed('send', room, 'e', 1)
      same(eventsOf(await client.succeed('read', room)), ['e'], 'the history')
      await client.roundTrip()
      same(client.all('msg'), [], 'the messages')
    },
  },
  {
    name: 'a read includes the sends that were written before it, and no later sends',
    rules: ['P-PB-9'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.welcomed()
      client.write(
        ['read', 1, room],
        ['send', 2, room, 'a', 1],
        ['read', 3, room],
        ['send', 4, room, 'b', 1],
        ['read', 5, room],
      )
      const answers = await Promise.all([1, 3, 5].map((ref) => client.answer(ref)))
      same(
        answers.map(({ result }) => eventsOf(result)),
        [[], ['a'], ['a', 'b']],
        'the pages',
      )
    },
  },
]

async function pages(hub: HubUnderTest): Promise<void> {
  const room = hub.room()
  const client = await hub.welcomed()
  const offsets = await hub.fill(client, room, { count: 10 })
  const at = (n: number): number => offsets[n - 1] ?? 0
  const top = at(10)
  const expectations: readonly (readonly [options: object, events: string[], more: boolean])[] = [
    [{}, eventsFrom(1, 10), false],
    [{ limit: 10 }, eventsFrom(1, 10), false],
    [{ limit: end }, eventsFrom(1, 10), false],
    [{ limit: 4 }, eventsFrom(7, 10), true],
    [{ limit: 1 }, ['e10'], true],
    [{ after: 0 }, eventsFrom(1, 10), false],
    [{ after: 0, limit: 3 }, eventsFrom(1, 3), true],
    [{ after: at(3), limit: 3 }, eventsFrom(4, 6), true],
    [{ after: at(7), limit: 3 }, eventsFrom(8, 10), false],
    [{ after: at(9) }, ['e10'], false],
    [{ after: top }, [], false],
    [{ after: top + 100 }, [], false],
    [{ after: end }, [], false],
    [{ before: at(1) }, [], false],
    [{ before: at(2) }, ['e1'], false],
    [{ before: at(5), limit: 2 }, eventsFrom(3, 4), true],
    [{ before: at(5), limit: 4 }, eventsFrom(1, 4), false],
    [{ before: top + 1, limit: 2 }, eventsFrom(9, 10), true],
    [{ before: end }, eventsFrom(1, 10), false],
  ]
  for (const [options, events, more] of expectations) {
    const page = await client.succeed('read', room, options)
    same(eventsOf(page), events, `the messages for ${JSON.stringify(options)}`)
    contains(page, { base: 0, top, more }, `the page for ${JSON.stringify(options)}`)
  }
}

async function limitsPages(hub: HubUnderTest): Promise<void> {
  const room = hub.room()
  const senders = await Promise.all(Array.from({ length: 12 }, () => hub.welcomed()))
  await Promise.all(senders.map((sender) => hub.fill(sender, room, { count: 85 })))
  const client = await hub.welcomed()
  const newest = await client.succeed('read', room)
  same([newest.messages.length, newest.more], [50, true], 'the page without a limit')
  same(lastOf(newest.messages), newest.top, 'the offset of the newest message')
  const all: WireFrame[] = []
  for (const [limit, count, more] of [
    [5_000, 1_000, true],
    [1_001, 20, false],
  ] as const) {
    const page = await client.succeed('read', room, { after: lastOf(all), limit })
    same([page.messages.length, page.more], [count, more], `the page with the limit ${limit}`)
    all.push(...page.messages)
  }
  same(new Set(all.map((frame) => messageOf(frame).id)).size, 1_020, 'the number of ids')
  let last = 0
  for (const frame of all) {
    const { at, prev } = messageOf(frame)
    same(prev, last, `\`prev\` of the message at ${at}`)
    holds(frame[8] !== at - 1, `\`prev\` of the message at ${at} is to be left out`)
    last = at
  }
}

/** Returns the offset of the last message; 0 for an empty list. */
function lastOf(frames: readonly WireFrame[]): number {
  const last = frames.at(-1)
  return last === undefined ? 0 : messageOf(last).at
}

async function getsPast(hub: HubUnderTest): Promise<void> {
  const room = hub.room()
  const client = await hub.joined(room)
  const data = `[${Array(13_000).fill('1e20').join(',')}]`
  for (const ref of [1, 2, 3]) {
    client.transmit(`["send",${ref},"${room}","e${ref}",${data}]`)
    same((await client.answer(ref)).code, 'ok', 'the answer to a send')
  }
  await client.messages(room, 3)
  const seen: string[] = []
  for (let after = 0, more = true; more && seen.length < 3; ) {
    const page = await client.succeed('read', room, { after })
    holds(page.messages.length > 0, 'an empty page says that there is more')
    after = lastOf(page.messages)
    more = page.more
    seen.push(...eventsOf(page))
  }
  same(seen, ['e1', 'e2', 'e3'], 'the messages')
  same(eventsOf(await client.succeed('read', room, { before: end })).at(-1), 'e3', 'the newest message')
}
