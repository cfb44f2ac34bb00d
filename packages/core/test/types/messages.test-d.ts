/*
 * Types of messages that are read instead of listened to: checked by the compiler alone, never run.
 */
import type {
  Client,
  ContractMessage,
  Hub,
  Message,
  MessageCursor,
  MessageGap,
  RedactedMessage,
} from '@chat/core'
import { contract, readMessages } from '@chat/core'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'

const chat = contract({
  events: { say: z.object({ text: z.string() }), price: z.string().transform(Number) },
  serverEvents: { notification: z.object({ title: z.string() }) },
})

interface Plain {
  events: { say: { text: string }; typing: boolean }
}

/** The event tells the type of the data, also after both were taken out of the message. */
export async function loops(client: Client<typeof chat>, plain: Client<Plain>): Promise<void> {
  for await (const item of readMessages(client.join('#a'))) {
    expectTypeOf(item.event).toEqualTypeOf<'say' | 'price' | 'notification' | '$gap'>()
    if (item.event === 'say') expectTypeOf(item.data).toEqualTypeOf<{ text: string }>()
    if (item.event === 'price') expectTypeOf(item.data).toEqualTypeOf<number>()
    if (item.event === 'notification') expectTypeOf(item.data).toEqualTypeOf<{ title: string }>()
    if (item.event === '$gap') expectTypeOf(item).toEqualTypeOf<MessageGap>()
    // @ts-expect-error a gap has no data
    item.data
  }
  const cursor = readMessages(plain.to('*'), { last: 5 })
  type PlainMessage = Message<{ text: string }, 'say'> | Message<boolean, 'typing'>
  expectTypeOf(cursor).toEqualTypeOf<MessageCursor<PlainMessage>>()
  expectTypeOf(await cursor.older(5)).toEqualTypeOf<PlainMessage[]>()
  for await (const item of cursor) {
    if (item.event === 'typing') expectTypeOf(item.data).toEqualTypeOf<boolean>()
    // @ts-expect-error no such event
    if (item.event === 'sayy') item.data
  }
}

/** A page of history also has the messages that were redacted. */
export async function pages(client: Client<typeof chat>, hub: Hub<typeof chat>): Promise<void> {
  const pages = [
    await client.history('#a'),
    await client.join('#a').history({ limit: 5 }),
    await hub.to('#a').history(),
  ]
  for (const { messages } of pages)
    for (const { event, data, position } of messages) {
      if (event === 'say') expectTypeOf(data).toEqualTypeOf<{ text: string }>()
      if (event === '$redacted') expectTypeOf(data).toEqualTypeOf<null>()
      expectTypeOf(position[1]).toEqualTypeOf<number>()
    }
  expectTypeOf(pages[0]?.messages).toEqualTypeOf<
    readonly (ContractMessage<typeof chat> | RedactedMessage)[] | undefined
  >()
}

/** Without a contract, data is unknown. */
export async function untyped(client: Client): Promise<void> {
  for await (const item of readMessages(client.join('#a'))) {
    if ('reason' in item) expectTypeOf(item).toEqualTypeOf<MessageGap>()
    else expectTypeOf(item).toEqualTypeOf<Message>()
  }
  const { messages } = await client.history('#a')
  expectTypeOf(messages[0]?.data).toEqualTypeOf<unknown>()
}
