import { oneOf, same } from '../check.ts'
import type { ProtocolCase } from './case.ts'
import { brief, messageOf } from './frames.ts'
import type { HubUnderTest } from './hub-under-test.ts'

const eventNames = [
  'e',
  'a b',
  'a/b',
  'x'.repeat(128),
  'é'.repeat(64),
  '😀'.repeat(32),
  'a$',
  '__proto__',
  ' ',
  '日本',
]

const noEventNames = [
  '',
  '$',
  '$error',
  'x'.repeat(129),
  'é'.repeat(65),
  '😀'.repeat(33),
  'a\u0000',
  '\n',
  'a\u001f',
  'a\u007f',
  '\u0080',
  '\u009f',
]

/** Names of events, and calls. */
export const events: readonly ProtocolCase[] = [
  ...eventNames.map((event) => ({
    name: `${brief(event)} is the name of an event`,
    rules: ['P-PB-10'],
    async run(hub: HubUnderTest) {
      const room = hub.room()
      const [client, other] = [await hub.joined(room), await hub.joined(room)]
      client.write(['cast', room, event, 1])
      await client.succeed('send', room, event, 1)
      same((await other.next('cast'))[2], event, 'the event of the cast')
      same(messageOf(await other.next('msg')).event, event, 'the event of the message')
    },
  })),
  ...noEventNames.map((event) => ({
    name: `${brief(event)} is bad_request as the name of an event, and a cast with it is dropped`,
    rules: ['P-PB-10'],
    async run(hub: HubUnderTest) {
      const room = hub.room()
      const [client, other] = [await hub.welcomed(), await hub.joined(room)]
      client.write(['cast', room, event, 1], ['cast', room, 'good', 1])
      same((await client.request('send', room, event, 1)).code, 'bad_request', 'the answer to a send')
      same((await client.request('call', event, 1)).code, 'bad_request', 'the answer to a call')
      same((await other.next('cast'))[2], 'good', 'the event of the first cast')
      await hub.expectHistory(room, [])
    },
  })),
  {
    name: 'an event with a lone surrogate is sent or refused, and the connection lives',
    rules: ['P-PB-10'],
    async run(hub) {
      const room = hub.room()
      const client = await hub.joined(room)
      client.transmit(`["send",1,"${room}","\\ud800",1]`)
      oneOf((await client.answer(1)).code, ['ok', 'bad_request'], 'the answer')
      await client.roundTrip()
    },
  },
  {
    name: 'a call without a handler is not_found',
    rules: ['P-PB-7'],
    async run(hub) {
      const client = await hub.welcomed()
      const names = ['nobody', 'nobody/x', 'toString', '__proto__', 'constructor', 'hasOwnProperty', ' ']
      for (const event of [...names, ...eventNames])
        same((await client.request('call', event, { a: 1 })).code, 'not_found', `the answer to ${event}`)
    },
  },
  {
    name: 'a call whose ref is not above every ref before it is conflict, or not_found without a handler',
    rules: ['P-PB-7'],
    async run(hub) {
      const client = await hub.welcomed()
      await client.requestAs(10, 'send', hub.room(), 'e', 1)
      for (const ref of [10, 9, 1]) {
        const { code } = await client.requestAs(ref, 'call', 'nobody', 1)
        oneOf(code, ['conflict', 'not_found'], `the answer to ref ${ref}`)
      }
      await client.roundTrip()
    },
  },
]
