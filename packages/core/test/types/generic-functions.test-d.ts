/*
 * Functions over any event of a contract, such as the hooks of a framework: checked by the compiler alone, never run.
 */
import {
  type AnyContract,
  type Client,
  type ClientEventName,
  type ClientListener,
  contract,
  type Delivery,
  type EventData,
  type EventName,
  type Hub,
  type HubListener,
  type Room,
  type User,
} from '@chat/core'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'

const chat = contract({
  events: { say: z.object({ text: z.string() }), price: z.string().transform(Number) },
})
type Chat = typeof chat

/** With any contract: the listener is passed on, or called by a listener of the function. */
export function useEvent<C extends AnyContract, K extends EventName<C>>(
  client: Client<C>,
  event: K,
  listener: ClientListener<C, K>,
): () => void {
  const undo = client.on(event, listener)
  client.on(event, (data, delivery) => listener(data, delivery))
  client.on(event, (...args) => listener(...args))
  return undo
}

export function useData<C extends AnyContract, K extends EventName<C>>(
  room: Room<C>,
  event: K,
  listener: (data: EventData<C, K>, delivery: Delivery<EventData<C, K>>) => void,
): void {
  room.on(event, listener)
  room.on(event, (data, delivery) => listener(data, delivery))
}

/** With the application's contract. */
export function useChat<K extends EventName<Chat>>(
  client: Client<Chat>,
  event: K,
  listener: (data: EventData<Chat, K>) => void,
): void {
  client.on(event, listener)
  client.join('#a').on(event, (data) => listener(data))
}

export function onHub<C extends AnyContract, K extends ClientEventName<C>>(
  hub: Hub<C>,
  event: K,
  listener: HubListener<C, User, K>,
): void {
  hub.on(event, listener)
}

export function used(client: Client<Chat>, untyped: Client): void {
  useEvent(client, 'say', ({ text }) => expectTypeOf(text).toEqualTypeOf<string>())
  useEvent(client, 'price', (price) => expectTypeOf(price).toEqualTypeOf<number>())
  useData(client.join('#a'), 'say', ({ text }) => expectTypeOf(text).toEqualTypeOf<string>())
  useChat(client, 'price', (price) => expectTypeOf(price).toEqualTypeOf<number>())
  useEvent(untyped, 'any', (data) => expectTypeOf(data).toEqualTypeOf<unknown>())
  // @ts-expect-error no such event
  useEvent(client, 'sayy', () => {})
}
