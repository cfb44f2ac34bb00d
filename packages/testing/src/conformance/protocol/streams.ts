import { contains, same } from '../check.ts'
import { given, type ProtocolCase } from './case.ts'
import type { ProtocolClient } from './client.ts'
import type { StreamUnderTest } from './harness.ts'
import type { HubUnderTest } from './hub-under-test.ts'

/** A stream that no hub has. */
const unknown = (room: string): string => `^abcdefgh.1/${room}`

/** Opens a stream in a room. */
const openStream = (hub: HubUnderTest, room: string, start = ''): Promise<StreamUnderTest> =>
  given(hub.harness.stream, 'stream')(room, start)

/** A client that has opened a stream in a room, with the name of the stream and its address. */
async function clientWriting(
  hub: HubUnderTest,
  room: string,
  start = '',
): Promise<{ client: ProtocolClient; name: string; address: string }> {
  const name = given(hub.harness.clientStream, 'clientStream')
  const client = await hub.welcomed()
  const { id } = await client.succeed('send', room, name, start, { stream: true })
  return { client, name, address: `^${String(id)}/${room}` }
}

/** Streams: messages that are still being written. */
export const streams: readonly ProtocolCase[] = [
  ...[
    '^abcdefgh.1',
    '^abcdefgh.1/',
    '^abcdefgh/#a',
    '^abcdefgh.0/#a',
    '^abc.1/#a',
    '^abcdefgh.1/~abcdefgh',
  ].map(
    (address): ProtocolCase => ({
      name: `the address ${address} is malformed`,
      rules: ['P-SM-1'],
      async run(hub) {
        const client = await hub.welcomed()
        for (const type of ['join', 'leave', 'read', 'who', 'cancel'])
          same((await client.request(type, address)).code, 'bad_request', `the answer to ${type}`)
        same((await client.request('send', address, 'e', 'x')).code, 'bad_request', 'the answer to send')
      },
    }),
  ),
  {
    name: 'a stream that does not exist is not found, also in a hello; to cancel it is ok',
    rules: ['P-SM-4', 'P-CN-1'],
    async run(hub) {
      const address = unknown(hub.room())
      const client = await hub.welcomed({ hello: { streams: { [address]: null } } })
      const entry = client.welcome.streams[address] ?? {}
      contains(entry, { mode: 'refused', code: 'not_found' }, 'the entry of the welcome')
      same((await client.request('join', address)).code, 'not_found', 'the answer to join')
      same((await client.request('leave', address)).code, 'ok', 'the answer to leave')
      same((await client.request('cancel', address)).code, 'ok', 'the answer to cancel')
    },
  },
  {
    name: 'a stream of another user is forbidden',
    rules: ['P-SM-4', 'P-SM-9', 'P-AD-2'],
    async run(hub) {
      const client = await hub.welcomed()
      const address = `^abcdefgh.1/@${hub.user().id}`
      for (const type of ['join', 'cancel'])
        same((await client.request(type, address)).code, 'forbidden', `the answer to ${type}`)
    },
  },
  {
    name: 'a stream is joined only: read and who are unsupported, a send is forbidden',
    rules: ['P-SM-4', 'P-SM-12'],
    async run(hub) {
      const client = await hub.welcomed()
      const address = unknown(hub.room())
      same((await client.request('read', address)).code, 'unsupported', 'the answer to read')
      same((await client.request('who', address)).code, 'unsupported', 'the answer to who')
      same((await client.request('send', address, 'e', 'x')).code, 'forbidden', 'the answer to send')
    },
  },
  {
    name: 'the head of a stream comes to its room, and at the end its result',
    rules: ['P-SM-2', 'P-SM-7', 'P-PB-5'],
    needs: ['stream'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.joined(room)
      const stream = await openStream(hub, room, 'a')
      await stream.write('b')
      await stream.end()
      const [head, result] = await client.messages(room, 2)
      const id = head?.id ?? ''
      same(stream.address, `^${id}/${room}`, 'the address')
      same([head?.data, result?.data, result?.id], ['a', 'ab', `${id}.end`], 'head and result')
      const metas = client.all('msg', room).map((frame) => frame[9])
      same(metas, [{ stream: true }, { of: id, end: 'done' }], 'the metas')
    },
  },
  {
    name: 'a join of a stream replays it from its beginning, goes on live, and ends with it, without left',
    rules: ['P-SM-3', 'P-SM-4', 'P-SM-6'],
    needs: ['stream'],
    async run(hub) {
      const stream = await openStream(hub, hub.room(), 'a')
      await stream.write('b')
      const client = await hub.welcomed()
      const start = await client.succeed('join', stream.address)
      contains(start, { at: 0, id: null, mode: 'replay' }, 'the answer')
      await client.messages(stream.address, 2)
      await stream.write('c')
      await stream.end()
      const entries = await client.messages(stream.address, 4)
      same(
        entries.map(({ data }) => data),
        ['a', 'b', 'c', { state: 'done' }],
        'the entries',
      )
      same(entries[3]?.event, '$end', 'the event of the last')
      contains(await client.succeed('join', stream.address), { at: 0, mode: 'replay' }, 'a later join')
      await client.messages(stream.address, 8)
      same(client.all('left'), [], 'the frames that tell of an end')
    },
  },
  {
    name: 'a stream in a hello goes on from its position, and from its beginning without one',
    rules: ['P-SM-4', 'P-ST-2'],
    needs: ['stream'],
    async run(hub) {
      const stream = await openStream(hub, hub.room(), 'a')
      await stream.write('b')
      const first = await hub.welcomed({ hello: { streams: { [stream.address]: null } } })
      const { epoch } = first.welcome.streams[stream.address] ?? {}
      const [head] = await first.messages(stream.address, 2)
      const position = [epoch, head?.at, head?.id]
      const second = await hub.welcomed({ hello: { streams: { [stream.address]: position } } })
      const [part] = await second.messages(stream.address, 1)
      same(part?.data, 'b', 'the first part behind the position')
    },
  },
  {
    name: 'a position that is not of the stream leads to its beginning',
    rules: ['P-SM-5'],
    needs: ['stream'],
    async run(hub) {
      const stream = await openStream(hub, hub.room(), 'a')
      const client = await hub.welcomed()
      const start = await client.succeed('join', stream.address, { since: ['another', 3, 'x.1'] })
      contains(start, { at: 0, id: null, mode: 'gap', reason: 'epoch' }, 'the answer')
      same((await client.messages(stream.address, 1))[0]?.data, 'a', 'the first entry')
    },
  },
  {
    name: 'a cancel of a stream is ok, and the stream has ended soon after',
    rules: ['P-SM-9', 'P-SM-6'],
    needs: ['stream'],
    async run(hub) {
      const stream = await openStream(hub, hub.room(), 'a')
      const client = await hub.welcomed()
      await client.succeed('join', stream.address)
      same((await client.request('cancel', stream.address)).code, 'ok', 'the answer')
      const [, end] = await client.messages(stream.address, 2)
      same([end?.event, end?.data], ['$end', { state: 'cancelled' }], 'the end')
    },
  },
  {
    name: 'a client writes a stream: head, parts and end are sends, and its room gets the result',
    rules: ['P-SM-12', 'P-SM-7'],
    needs: ['clientStream'],
    async run(hub) {
      const room = hub.room()
      const reader = await hub.joined(room)
      const { client, name, address } = await clientWriting(hub, room, 'a')
      same(client.welcome.features.includes('writers'), true, 'the feature in the welcome')
      await reader.succeed('join', address)
      await client.succeed('send', address, name, 'b')
      await client.succeed('send', address, '$end', { state: 'done' })
      const [head, result] = await reader.messages(room, 2)
      same([head?.data, result?.data, result?.id], ['a', 'ab', `${head?.id}.end`], 'head and result')
      same(
        (await reader.messages(address, 3)).map(({ data }) => data),
        ['a', 'b', { state: 'done' }],
        'the entries',
      )
      const late = await client.request('send', address, name, 'c')
      same(late.code, 'conflict', 'the answer to a part behind the end')
    },
  },
  {
    name: 'a stream of a client takes parts of its own session only, and a wrong part ends it',
    rules: ['P-SM-12', 'P-SM-3'],
    needs: ['clientStream'],
    async run(hub) {
      const { client, name, address } = await clientWriting(hub, hub.room())
      const other = await hub.welcomed()
      await other.succeed('join', address)
      for (const [event, data] of [
        [name, 'x'],
        ['$end', { state: 'done' }],
      ] as const)
        same((await other.request('send', address, event, data)).code, 'forbidden', 'the answer to another')
      same((await client.request('send', address, name, 7)).code, 'bad_payload', 'the answer to a number')
      const [, end] = await other.messages(address, 2)
      contains(end?.data as object, { state: 'failed', code: 'bad_payload' }, 'the end')
    },
  },
  {
    name: 'a client that writes a stream is told of its cancel',
    rules: ['P-SM-9', 'P-CN-4'],
    needs: ['clientStream'],
    async run(hub) {
      const { client, address } = await clientWriting(hub, hub.room())
      const reader = await hub.welcomed()
      await reader.succeed('cancel', address)
      await client.until('the cancel has come', () => client.all('cancel')[0])
      same(client.all('cancel'), [['cancel', address]], 'the frame')
      await client.succeed('send', address, '$end', { state: 'cancelled' })
    },
  },
  {
    name: 'a stream that is not declared is opened by no client, and a user opens eight at most',
    rules: ['P-SM-12'],
    needs: ['clientStream'],
    async run(hub) {
      const room = hub.room()
      const { client, name } = await clientWriting(hub, room)
      const undeclared = await client.request('send', room, 'undeclared', '', { stream: true })
      same(undeclared.code, 'forbidden', 'the answer to a stream that is not declared')
      for (let n = 0; n < 7; n++) await client.succeed('send', room, name, '', { stream: true })
      const ninth = await client.request('send', room, name, '', { stream: true })
      same(ninth.code, 'too_large', 'the answer to the ninth')
    },
  },
]
