import { type Client, contract, type Hub, type HubOptions, type Room, stream, type User } from '@chat/core'
import type { GapItem, ItemOf, MessagesSnapshot } from '@chat/store'
import type { World } from '@chat/testing'
import { z } from 'zod'
import { open } from './open.ts'

/** Contract of the tests, with the events of a chat. */
export const chat = contract({
  events: {
    say: z.string(),
    note: z.object({ title: z.string() }),
    edit: z.string(),
    remove: z.null(),
    react: z.object({ emoji: z.string(), on: z.boolean() }),
    read: z.tuple([z.string(), z.number(), z.string().nullable()]).readonly(),
    typing: z.boolean(),
  },
  streams: { answer: stream(z.string()) },
})

export type Chat = typeof chat

/** Room and hub of a test, and the clients in it. */
export interface Scene {
  readonly hub: Hub<Chat>
  readonly clients: Client<Chat>[]
  readonly rooms: Room<Chat>[]
}

/** Opens a room `#a` for users, on a hub with presence that allows everything unless `options` say otherwise. */
export async function scene(
  w: World,
  users: readonly string[],
  options: HubOptions<Chat, User> = {},
): Promise<Scene> {
  const hub = w.hub<Chat>({ ...open, contract: chat, ...options })
  const clients: Client<Chat>[] = []
  for (const user of users) clients.push(await w.client<Chat>(hub, user, { contract: chat }))
  const rooms = clients.map((client) => client.join('#a'))
  await w.settle()
  return { hub, clients, rooms }
}

/** Lets a user into the room `#a` of a hub. */
export async function enter(w: World, hub: Hub<Chat>, user: string): Promise<Room<Chat>> {
  const room = (await w.client<Chat>(hub, user, { contract: chat })).join('#a')
  await room.ready
  return room
}

/** Texts of a list; a gap is its reason in brackets. */
export const texts = ({ items }: MessagesSnapshot<ItemOf<string, unknown>>): unknown[] =>
  items.map((item) => (isGap(item) ? `[${item.reason}]` : item.data))

/** States of the messages of a list. */
export const states = ({ items }: MessagesSnapshot<ItemOf<string, unknown>>): string[] =>
  items.map((item) => (isGap(item) ? 'gap' : item.state))

const isGap = (item: ItemOf<string, unknown> | GapItem): item is GapItem => item.event === '$gap'

/** Returns the only element of a list. */
export function only<T>(list: readonly T[]): T {
  if (list.length !== 1) throw new Error(`expected one element, but got ${list.length}`)
  return list[0] as T
}
