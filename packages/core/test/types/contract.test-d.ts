/*
 * What TypeScript makes of a contract: checked by the compiler alone, never run.
 */
import {
  type Cast,
  ChatError,
  Client,
  type ClientOptions,
  type ClientStatus,
  contract,
  type Delivery,
  type Gap,
  Hub,
  type HubDelivery,
  type HubSession,
  handleAsk,
  type Message,
  type Position,
  restoreFrom,
  type SnapshotEvent,
  type Stored,
  type User,
} from '@chat/core'
import type { Dialer } from '@chat/core/transport'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'

declare const dial: Dialer

const chat = contract({
  events: { say: z.object({ text: z.string() }), price: z.string().transform(Number), typing: z.boolean() },
  calls: { rename: { input: z.object({ name: z.string() }), output: z.object({ ok: z.boolean() }) } },
  asks: {
    confirm: { input: z.object({ question: z.string() }), output: z.boolean() },
    pick: { input: z.string().transform(Number), output: z.number().transform(String) },
  },
})

interface Member extends User {
  readonly admin: boolean
}

/** With validators: input and output of a schema are told apart. */
export async function withValidators(): Promise<void> {
  const hub = new Hub({
    contract: chat,
    authenticate: ({ token }): Member => ({ id: token ?? '', admin: false }),
    authorize: (request) => {
      expectTypeOf(request.user).toEqualTypeOf<Member>()
      if (request.event === 'price') expectTypeOf(request.data).toEqualTypeOf<number>()
      return true
    },
  })
  const client = new Client({ dial, contract: chat })
  const room = client.join('#a')

  expectTypeOf(await room.send('say', { text: 'hi' })).toEqualTypeOf<Stored>()
  await client.to('*').send('price', '42')
  await hub.broadcast('price', '42')
  room.cast('typing', true, { key: 'k' })
  // @ts-expect-error the sender gives what the validator takes
  await room.send('price', 42)
  // @ts-expect-error no such event
  await room.send('sayy', { text: 'hi' })
  // @ts-expect-error no such field
  await room.send('say', { txt: 'hi' })
  // @ts-expect-error a call is no event
  await room.send('rename', { name: 'x' })
  // @ts-expect-error the same on the hub
  await hub.to('#a').send('say', { text: 1 })

  room.on('price', (data, message) => {
    expectTypeOf(data).toEqualTypeOf<number>()
    expectTypeOf(message).toEqualTypeOf<Delivery<number>>()
    if (message.durable) expectTypeOf(message).toEqualTypeOf<Message<number>>()
    else expectTypeOf(message).toEqualTypeOf<Cast<number>>()
  })
  client.on('say', ({ text }, { from }) => {
    expectTypeOf(text).toEqualTypeOf<string>()
    expectTypeOf(from).toEqualTypeOf<string | null>()
  })
  hub.on('price', (data, message) => {
    expectTypeOf(data).toEqualTypeOf<number>()
    expectTypeOf(message).toEqualTypeOf<HubDelivery<Member>>()
    if (message.durable) expectTypeOf(message.position).toEqualTypeOf<Position>()
    else expectTypeOf(message.position).toEqualTypeOf<null>()
  })
  // @ts-expect-error a room hears no asks
  room.on('confirm', () => true)
  // @ts-expect-error no such event
  client.on('sayy', () => {})
  // @ts-expect-error an ask has a handler, no listeners
  client.on('confirm', () => true)
  // @ts-expect-error an event has listeners, no handler
  handleAsk(client, 'say', () => true)
  // @ts-expect-error no such event
  hub.on('sayy', () => {})

  expectTypeOf(await client.call('rename', { name: 'x' })).toEqualTypeOf<{ ok: boolean }>()
  // @ts-expect-error no such call
  await client.call('renam', { name: 'x' })
  // @ts-expect-error an event is no call
  await client.call('say', { text: 'x' })
  // @ts-expect-error the input is checked
  await client.call('rename', { nam: 'x' })
  hub.handle('rename', async ({ name }, { user, session, signal }) => {
    expectTypeOf(name).toEqualTypeOf<string>()
    expectTypeOf(user).toEqualTypeOf<Member>()
    expectTypeOf(session).toEqualTypeOf<HubSession<Member>>()
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
    return { ok: user.admin }
  })
  // @ts-expect-error a handler returns the output
  hub.handle('rename', () => ({ okay: true }))
  // @ts-expect-error a handler has to answer
  hub.handle('rename', () => {})

  handleAsk(client, 'confirm', ({ question }, { signal }) => {
    expectTypeOf(question).toEqualTypeOf<string>()
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
    return true
  })
  handleAsk(client, 'pick', (input) => {
    expectTypeOf(input).toEqualTypeOf<number>()
    return input
  })
  // @ts-expect-error who answers returns the output's input
  handleAsk(client, 'confirm', () => 'yes')
  expectTypeOf(await hub.to('@a').ask('confirm', { question: '?' })).toEqualTypeOf<boolean>()
  expectTypeOf(await hub.to('@a').ask('pick', '7')).toEqualTypeOf<string>()
  const { replies } = await hub.to('@a').askAll('confirm', { question: '?' }, { timeout: 5 })
  expectTypeOf(replies[0]?.answer).toEqualTypeOf<boolean | undefined>()
  // @ts-expect-error no such ask
  await hub.to('@a').ask('say', { text: 'x' })
}

/** A snapshot's state is what its hook gives. */
export async function withSnapshots(): Promise<void> {
  const hub = new Hub({ contract: chat })
  const position: Position = await hub.to('#a').position()
  const client = new Client({ dial, contract: chat, snapshot: restoreFrom(() => null) })
  const room = client.join('#a', {
    snapshot: restoreFrom(async ({ address, gap, signal }) => {
      expectTypeOf(address).toEqualTypeOf<string>()
      expectTypeOf(gap).toEqualTypeOf<Gap | null>()
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
      return gap === null ? null : { state: { title: 'x' }, position }
    }),
  })
  room.on('$snapshot', (snapshot) => expectTypeOf(snapshot).toEqualTypeOf<SnapshotEvent<{ title: string }>>())
  room.on('say', ({ text }) => expectTypeOf(text).toEqualTypeOf<string>())
  client.join('#b').on('$snapshot', ({ state }) => expectTypeOf(state).toEqualTypeOf<unknown>())
  client.on('$snapshot', ({ state }) => expectTypeOf(state).toEqualTypeOf<unknown>())
  // @ts-expect-error a state without its position
  client.join('#c', { snapshot: restoreFrom(() => ({ state: 1 })) })
  // @ts-expect-error no such event
  room.on('$snapshots', () => {})
}

interface Plain {
  events: { say: { text: string }; typing: boolean; nothing: null }
  calls: { rename: { input: { name: string }; output: { ok: boolean } } }
  asks: { confirm: { input: { question: string }; output: boolean } }
}

type PlainAlias = { events: { say: { text: string } } }

/** With a plain interface: the same types, and no validators. */
export async function withAnInterface(): Promise<void> {
  const hub = new Hub<Plain, Member>({
    authenticate: () => null,
    authorize: ({ action, event, data }) => {
      if (event === 'say') expectTypeOf(data).toEqualTypeOf<{ text: string }>()
      return action === 'join'
    },
  })
  const client = new Client<Plain>({ dial })
  const room = client.join('#a')
  await room.send('say', { text: 'hi' })
  await client.to('@b').send('nothing', null)
  room.on('typing', (data) => expectTypeOf(data).toEqualTypeOf<boolean>())
  handleAsk(client, 'confirm', ({ question }) => question === '?')
  hub.handle('rename', ({ name }) => ({ ok: name !== '' }))
  expectTypeOf(await client.call('rename', { name: 'x' })).toEqualTypeOf<{ ok: boolean }>()
  expectTypeOf(await hub.to('@a').ask('confirm', { question: '?' })).toEqualTypeOf<boolean>()
  // @ts-expect-error no such event
  await room.send('sayy', { text: 'hi' })
  // @ts-expect-error no such field
  await hub.to('#a').send('say', { txt: 'hi' })
  // @ts-expect-error no such call
  hub.handle('renam', () => ({ ok: true }))
  // @ts-expect-error a call has a handler, not listeners
  hub.on('rename', () => {})
  // @ts-expect-error the output
  hub.handle('rename', () => ({ ok: 'yes' }))

  const alias = new Client<PlainAlias>({ dial })
  await alias.to('#a').send('say', { text: 'hi' })
  // @ts-expect-error there are no calls
  await alias.call('rename', {})
  // @ts-expect-error there are no asks
  handleAsk(alias, 'confirm', () => true)
}

/** With the types alone of a contract that lives elsewhere: no validators are shipped. */
export async function typesOnly(): Promise<void> {
  const client = new Client<typeof chat>({ dial })
  await client.to('#a').send('price', '42')
  client.on('price', (data) => expectTypeOf(data).toEqualTypeOf<string>())
  expectTypeOf(await client.call('rename', { name: 'x' })).toEqualTypeOf<{ ok: boolean }>()
  // @ts-expect-error no such event
  await client.to('#a').send('sayy', {})
}

/** Without any: every name is allowed, and data is unknown. */
export async function untyped(): Promise<void> {
  const hub = new Hub({ authenticate: () => null })
  const client = new Client({ dial })
  const room = client.join('#a')
  await room.send('whatever', { any: 'thing' })
  await hub.broadcast('whatever', 1)
  client.on('whatever', (data, message) => {
    expectTypeOf(data).toEqualTypeOf<unknown>()
    expectTypeOf(message.from).toEqualTypeOf<string | null>()
  })
  handleAsk(client, 'anything', (input, { signal }) => {
    expectTypeOf(input).toEqualTypeOf<unknown>()
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
    return 'x'
  })
  room.on('whatever', (data, { position }) => {
    expectTypeOf(data).toEqualTypeOf<unknown>()
    expectTypeOf(position).toEqualTypeOf<Position | null>()
  })
  hub.handle('anything', async (input, { user }) => {
    expectTypeOf(input).toEqualTypeOf<unknown>()
    expectTypeOf(user).toEqualTypeOf<User>()
    return 'x'
  })
  expectTypeOf(await client.call('anything', 1)).toEqualTypeOf<unknown>()
  // Options that are named first make the same client.
  const options: ClientOptions = { dial }
  const same: Client = new Client(options)
  expectTypeOf(new Client(options)).toEqualTypeOf(same)
  expectTypeOf(await hub.to('@a').ask('x', 1)).toEqualTypeOf<unknown>()
}

/** The SDK's own events are typed in every case, and are no events to send. */
export async function ownEvents(): Promise<void> {
  const typed = new Client({ dial, contract: chat })
  const untypedClient = new Client({ dial })
  typed.on('$status', ({ status, error }) => {
    expectTypeOf(status).toEqualTypeOf<ClientStatus>()
    expectTypeOf(error).toEqualTypeOf<ChatError | undefined>()
  })
  untypedClient.on('$status', ({ status }) => expectTypeOf(status).toEqualTypeOf<ClientStatus>())
  typed.on('$gap', (gap) => expectTypeOf(gap).toEqualTypeOf<Gap>())
  typed.on('$error', ({ error }) => expectTypeOf(error).toEqualTypeOf<unknown>())
  untypedClient.join('#a').on('$gap', (gap) => expectTypeOf(gap).toEqualTypeOf<Gap>())
  typed.join('#a').on('$leave', ({ error }) => expectTypeOf(error).toEqualTypeOf<ChatError>())
  // @ts-expect-error no such event
  typed.on('$connect', () => {})
  // @ts-expect-error a room's own event
  typed.on('$leave', () => {})
  // @ts-expect-error the client's own event
  typed.join('#a').on('$status', () => {})
  // @ts-expect-error nobody sends them
  await typed.to('#a').send('$status', {})
  const hub = new Hub({ contract: chat })
  hub.on('$connect', ({ session, resumed }) => {
    expectTypeOf(session).toEqualTypeOf<HubSession<User>>()
    expectTypeOf(resumed).toEqualTypeOf<boolean>()
  })
  // @ts-expect-error the client's own event
  hub.on('$status', () => {})
}

/** What does not fit together. */
export function mistakes(): void {
  // @ts-expect-error a validator is needed
  contract({ events: { say: 'string' } })
  // @ts-expect-error a call has an input and an output
  contract({ calls: { rename: z.string() } })
  // @ts-expect-error a dialer is needed
  new Client({ contract: chat })
  // @ts-expect-error a user has an id
  new Hub({ authenticate: () => ({ name: 'x' }) })
  // @ts-expect-error codes are known, or an application's own with a slash
  new ChatError('out_of_stock', 'x')
  new ChatError('shop/out_of_stock', 'x')
}
