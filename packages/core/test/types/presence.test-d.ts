/*
 * Types of presence states: checked by the compiler alone, never run.
 */
import {
  type AnyContract,
  type Client,
  contract,
  type Hub,
  type PresenceInput,
  type PresenceState,
  type Raw,
  type Room,
  watchPresence,
} from '@chat/core'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'

const chat = contract({
  events: { say: z.string() },
  presence: z.object({ name: z.string(), since: z.string().transform(Number) }),
})

interface Given {
  name: string
  since: string
}
interface Shown {
  name: string
  since: number
}

interface Chat {
  events: { say: string }
  presence: { name: string; away?: boolean }
}

export async function validators(client: Client<typeof chat>, hub: Hub<typeof chat>): Promise<void> {
  expectTypeOf<PresenceInput<typeof chat>>().toEqualTypeOf<Given | null>()
  expectTypeOf<PresenceState<typeof chat>>().toEqualTypeOf<Shown | null>()
  const room = client.join('#a', { state: { name: 'Ann', since: '5' } })
  client.join('#a', { state: undefined })
  // @ts-expect-error the client gives the input of the validator
  client.join('#a', { state: { name: 'Ann', since: 5 } })
  // @ts-expect-error no such field
  client.join('#a', { state: { name: 'Ann', since: '5', mood: 'fine' } })
  const here = watchPresence(room, {
    onChange({ joined, presence }) {
      expectTypeOf(joined[0]?.state).toEqualTypeOf<Shown | null | undefined>()
      presence.set({ name: 'Ann', since: '6' })
    },
  })
  for (const { state } of here.members.values()) expectTypeOf(state).toEqualTypeOf<Shown | null>()
  for (const [, devices] of here.users)
    expectTypeOf(devices[0]?.state).toEqualTypeOf<Shown | null | undefined>()
  here.set({ name: 'Ann', since: '6' })
  here.set(null)
  // @ts-expect-error the client gives the input of the validator
  here.set({ name: 'Ann', since: 6 })
  const [member] = await hub.to('#a').members()
  expectTypeOf(member?.state).toEqualTypeOf<Shown | null | undefined>()
}

/** Without validators a client receives states as they travel. */
export function raw(client: Client<Raw<typeof chat>>): void {
  const here = watchPresence(client.join('#a', { state: { name: 'Ann', since: '5' } }))
  for (const { state } of here.members.values())
    expectTypeOf(state?.since).toEqualTypeOf<string | undefined>()
}

export async function plainInterface(client: Client<Chat>, hub: Hub<Chat>): Promise<void> {
  const room = client.join('#a', { state: { name: 'Ann' } })
  // @ts-expect-error the state has a name
  client.join('#a', { state: { away: true } })
  const here = watchPresence(room)
  here.set({ name: 'Ann', away: true })
  // @ts-expect-error the state has a name
  here.set({ away: true })
  const [member] = await hub.to('#a').members()
  expectTypeOf(member?.state).toEqualTypeOf<{ name: string; away?: boolean } | null | undefined>()
}

interface Mood {
  readonly away: boolean
}

/** Without `presence` in the contract the application says which states it expects. */
export async function withoutPresence(client: Client, hub: Hub): Promise<void> {
  const room = client.join('#a', { state: { anything: true } })
  expectTypeOf(watchPresence(room).members).toEqualTypeOf<
    ReadonlyMap<string, { readonly session: string; readonly user: string; readonly state: unknown }>
  >()
  const here = watchPresence<Mood>(room, {
    onChange: ({ joined }) => expectTypeOf(joined[0]?.state).toEqualTypeOf<Mood | undefined>(),
  })
  here.set({ away: true })
  // @ts-expect-error a mood says if its user is away
  here.set({ mood: 'fine' })
  expectTypeOf((await hub.to('#a').members())[0]?.state).toEqualTypeOf<unknown>()
}

/** Functions that take the room of any contract. */
export function anyRoom(room: Room<AnyContract>, client: Client<typeof chat>): void {
  expectTypeOf(watchPresence(room).count).toEqualTypeOf<number>()
  const narrow: Pick<Room<AnyContract>, 'address' | 'ready' | 'leave'> = client.join('#a')
  expectTypeOf(watchPresence(narrow).count).toEqualTypeOf<number>()
}
