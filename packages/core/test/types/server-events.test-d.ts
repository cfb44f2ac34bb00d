/*
 * Types of events that only the hub may send: checked by the compiler alone, never run.
 */
import { type Client, type ClientEventName, contract, type EventName, type Hub } from '@chat/core'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'

const chat = contract({
  events: { say: z.string() },
  serverEvents: { notification: z.object({ title: z.string() }) },
})

interface Chat {
  events: { say: string }
  serverEvents: { notification: { title: string } }
}

export function validators(client: Client<typeof chat>, hub: Hub<typeof chat>): void {
  client.on('notification', ({ title }) => expectTypeOf(title).toEqualTypeOf<string>())
  client.join('#room').on('notification', ({ title }) => expectTypeOf(title).toEqualTypeOf<string>())
  // @ts-expect-error only the hub sends it
  void client.to('@alice').send('notification', { title: 'x' })
  // @ts-expect-error only the hub casts it
  client.join('#room').cast('notification', { title: 'x' })
  void hub.to('@alice').send('notification', { title: 'x' })
  void hub.broadcast('notification', { title: 'x' })
  // @ts-expect-error no client sends it, so the listener would never run
  hub.on('notification', () => {})
  expectTypeOf<EventName<typeof chat>>().toEqualTypeOf<'say' | 'notification'>()
  expectTypeOf<ClientEventName<typeof chat>>().toEqualTypeOf<'say'>()
}

export function plainInterface(client: Client<Chat>, hub: Hub<Chat>): void {
  client.on('notification', ({ title }) => expectTypeOf(title).toEqualTypeOf<string>())
  // @ts-expect-error only the hub sends it
  void client.to('@alice').send('notification', { title: 'x' })
  void client.to('@alice').send('say', 'hi')
  void hub.to('@alice').send('notification', { title: 'x' })
  // @ts-expect-error the data has a title
  void hub.to('@alice').send('notification', { text: 'x' })
}
