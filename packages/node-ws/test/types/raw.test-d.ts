/*
 * Types of a client without validators, which receives data as it travels: checked by the compiler alone, never run.
 */
import {
  Client,
  contract,
  Hub,
  handleAsk,
  type Raw,
  readMessages,
  type Streamed,
  stream,
  type Untyped,
} from '@chat/core'
import type { Dialer } from '@chat/core/transport'
import { connect } from '@chat/node-ws'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'

declare const dial: Dialer

const chat = contract({
  events: {
    say: z.object({ text: z.string().trim(), sent: z.string().transform((text) => new Date(text)) }),
    tag: z.object({ name: z.string().default('none') }),
    when: z.union([z.date(), z.string()]),
    ping: z.void(),
  },
  serverEvents: { paid: z.object({ at: z.string().transform((text) => new Date(text)) }) },
  streams: { steps: stream(z.array(z.string().transform(Number))) },
  calls: {
    find: { input: z.string().transform(Number), output: z.number().transform((n) => new Date(n)) },
    ask: { input: z.string(), output: stream(z.string()) },
  },
  asks: { pick: { input: z.string().transform(Number), output: z.number().transform(String) } },
})

interface RawChat extends Raw<typeof chat> {}

/** Without the option `contract` a client receives the input of each validator, as JSON carries it. */
export async function typesAlone(): Promise<void> {
  const clients = [
    new Client<typeof chat>({ dial }),
    connect<typeof chat>('ws://x/chat', { token: 'a' }),
  ] as const
  for (const client of clients) {
    client.on('say', ({ sent }) => expectTypeOf(sent).toEqualTypeOf<string>())
    client.join('#a').on('tag', ({ name }) => expectTypeOf(name).toEqualTypeOf<string | undefined>())
    client.on('when', (when) => expectTypeOf(when).toEqualTypeOf<string>())
    client.on('paid', ({ at }) => expectTypeOf(at).toEqualTypeOf<string>())
    client.on('ping', (data) => expectTypeOf(data).toEqualTypeOf<null>())
    for await (const message of readMessages(client.join('#a')))
      if (message.event === 'paid') expectTypeOf(message.data).toEqualTypeOf<{ at: string }>()
    await client.to('#a').send('say', { text: 'hi', sent: '2026-11-30' })
    await client.to('#a').send('ping')
    expectTypeOf(await client.call('find', '7')).toEqualTypeOf<number>()
    handleAsk(client, 'pick', (input) => {
      expectTypeOf(input).toEqualTypeOf<string>()
      return 7
    })
    // @ts-expect-error no such event
    await client.to('#a').send('sayy')
    // @ts-expect-error only the hub sends it
    await client.to('#a').send('paid', { at: 'x' })
  }
  const named: Client<RawChat> = clients[1]
  named.on('say', ({ sent }) => expectTypeOf(sent).toEqualTypeOf<string>())
  expectTypeOf<RawChat['streams']['steps']>().toEqualTypeOf<string[]>()
  expectTypeOf<RawChat['calls']['ask']>().toEqualTypeOf<{
    readonly input: string
    readonly output: Streamed<string>
  }>()
}

/** With the option it receives the output. */
export function validators(): void {
  for (const client of [
    new Client({ dial, contract: chat }),
    new Client<typeof chat>({ dial, contract: chat }),
    connect('ws://x/chat', { contract: chat }),
    connect<typeof chat>('ws://x/chat', { contract: chat, token: 'a' }),
  ]) {
    expectTypeOf(client).toEqualTypeOf<Client<typeof chat>>()
    client.on('say', ({ sent }) => expectTypeOf(sent).toEqualTypeOf<Date>())
    client.on('tag', ({ name }) => expectTypeOf(name).toEqualTypeOf<string>())
  }
}

interface Plain {
  events: { say: { text: string; tags?: string[]; more: { deep: readonly [number, null] } }; any: unknown }
}

/** A contract of types alone stays the same. */
export function plain(): void {
  expectTypeOf(new Client<Plain>({ dial })).toEqualTypeOf<Client<Plain>>()
  expectTypeOf<Raw<Plain>>().toEqualTypeOf<Plain>()
  expectTypeOf(new Client({ dial })).toEqualTypeOf<Client>()
}

interface NotJson {
  events: {
    date: { at: Date }
    map: Map<string, number>
    big: { n: bigint }
    run: { run: () => void }
    holes: (string | undefined)[]
    bytes: { bytes: Uint8Array }
    fine: { text: string | undefined; list: { id: number }[] }
  }
  calls: { find: { input: { since: Date }; output: Set<string> } }
}

/** A contract of types alone takes no type that JSON does not carry. */
export async function refused(client: Client<NotJson>, hub: Hub<NotJson>): Promise<void> {
  for (const target of [client.to('#a'), hub.to('#a')]) {
    // @ts-expect-error unable to send a date object (send a string or a number): JSON does not carry it
    await target.send('date', { at: new Date() })
    // @ts-expect-error unable to send a Map (send an object or an array of entries): JSON does not carry it
    await target.send('map', new Map())
    // @ts-expect-error unable to send a bigint (send a string): JSON does not carry it
    await target.send('big', { n: 1n })
    // @ts-expect-error unable to send a function: JSON does not carry it
    await target.send('run', { run: () => {} })
    // @ts-expect-error unable to send undefined in an array (send null): JSON does not carry it
    await target.send('holes', ['a', undefined])
    // @ts-expect-error unable to send binary data (send a string): JSON does not carry it
    await target.send('bytes', { bytes: new Uint8Array(1) })
    await target.send('fine', { text: undefined, list: [{ id: 1 }] })
  }
  // @ts-expect-error the same in the input of a call
  await client.call('find', { since: new Date() })
  // @ts-expect-error and in its output
  hub.handle('find', () => new Set(['x']))
  // @ts-expect-error and for a listener
  client.on('date', ({ at }) => at.getTime())
  expectTypeOf<NotJson['events']['fine']>().toEqualTypeOf<{
    text: string | undefined
    list: { id: number }[]
  }>()
}

/** Types that contain themselves stay as they are. */
interface Tree {
  name: string
  children: Tree[]
}

export function recursive(client: Client<{ events: { tree: Tree } }>): void {
  client.on('tree', (tree) => expectTypeOf(tree).toEqualTypeOf<Tree>())
}

/** The hub knows the user's type in any order of its options. */
export function orders(): void {
  interface Member {
    readonly id: string
    readonly admin: boolean
  }
  const authorizeFirst = new Hub({
    authorize: ({ user, address }) => {
      expectTypeOf(user.id).toEqualTypeOf<string>()
      return address === '#a' || user.admin === true
    },
    authenticate: ({ token }): Member => ({ id: token ?? '', admin: false }),
  })
  expectTypeOf(authorizeFirst).toEqualTypeOf<Hub<Untyped, Member>>()
  authorizeFirst.handle('any', (_, { user }) => expectTypeOf(user).toEqualTypeOf<Member>())
  const authenticateFirst = new Hub({
    authenticate: ({ token }): Member => ({ id: token ?? '', admin: false }),
    authorize: ({ user }) => {
      expectTypeOf(user).toEqualTypeOf<Member>()
      return user.admin
    },
  })
  authenticateFirst.handle('any', (_, { user }) => expectTypeOf(user).toEqualTypeOf<Member>())
}
