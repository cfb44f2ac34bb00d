/*
 * Events, calls and asks without data: checked by the compiler alone, never run.
 */
import { type Client, type ClientEventName, contract, type EventInput, type Hub } from '@chat/core'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'

const chat = contract({
  events: { ping: z.void(), maybe: z.string().optional(), say: z.string(), nothing: z.null() },
  calls: {
    logout: { input: z.undefined(), output: z.void() },
    rename: { input: z.string(), output: z.null() },
  },
  asks: { alive: { input: z.void(), output: z.boolean() } },
})

type Nothing = ReturnType<() => void>

interface Plain {
  events: { ping: Nothing; maybe: string | undefined; say: string; nothing: null }
  calls: { logout: { input: Nothing; output: Nothing }; rename: { input: string; output: null } }
  asks: { alive: { input: undefined; output: boolean } }
}

export async function clients(
  client: Client<typeof chat>,
  plain: Client<Plain>,
  untyped: Client,
): Promise<void> {
  for (const target of [client.to('#a'), client.join('#a')]) {
    await target.send('ping')
    await target.send('maybe')
    await target.send('maybe', 'x')
    await target.send('ping', undefined, { meta: { of: 'x' } })
    target.cast('ping')
    // @ts-expect-error it has data
    await target.send('say')
    // @ts-expect-error null is data
    await target.send('nothing')
    // @ts-expect-error it has no data
    await target.send('ping', 'x')
  }
  await client.call('logout')
  await client.call('logout', undefined, { timeout: 5 })
  // @ts-expect-error it has an input
  await client.call('rename')
  await plain.to('#a').send('ping')
  await plain.to('#a').send('maybe')
  await plain.call('logout')
  // @ts-expect-error it has data
  plain.to('#a').cast('say')
  // @ts-expect-error it has an input
  await plain.call('rename')
  await untyped.to('#a').send('any')
  await untyped.call('any')
  plain.on('ping', (data) => expectTypeOf(data).toEqualTypeOf<null>())
  plain.on('maybe', (data) => expectTypeOf(data).toEqualTypeOf<string | null>())
}

export async function hubs(hub: Hub<typeof chat>, plain: Hub<Plain>): Promise<void> {
  await hub.to('#a').send('ping')
  await hub.broadcast('ping')
  hub.to('#a').cast('ping')
  hub.handle('logout', () => {})
  expectTypeOf(await hub.to('@a').ask('alive')).toEqualTypeOf<boolean>()
  await hub.to('@a').askAll('alive', undefined, { timeout: 5 })
  // @ts-expect-error it has data
  await hub.broadcast('say')
  await plain.to('#a').send('ping')
  await plain.to('@a').ask('alive')
}

/** A function of one's own passes an event and its data on. */
export function passedOn<K extends ClientEventName<Plain>>(
  client: Client<Plain>,
  event: K,
  data: EventInput<Plain, K>,
): void {
  void client.to('#a').send(event, data)
  client.join('#a').cast(event, data, { key: 'x' })
}
