/*
 * Types of the people in a room: checked by the compiler alone, never run.
 */
import { type Client, contract } from '@chat/core'
import { type PeopleStore, people } from '@chat/store'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'

interface Plain {
  presence: { away: boolean }
}
const chat = contract({ presence: z.object({ away: z.boolean().default(false) }) })

declare const plain: Client<Plain>
declare const validated: Client<typeof chat>
declare const untyped: Client

/** The states of people have the type of the contract. */
export function ofTheContract(): void {
  const room = plain.join('#a')
  expectTypeOf(people(room)).toEqualTypeOf<PeopleStore<{ away: boolean } | null>>()
  // @ts-expect-error The contract has another state.
  people(room).set({ away: 'yes' })
}

/** With validators they are shown as their output, and set as their input. */
export function withValidators(): void {
  const here = people(validated.join('#a'))
  expectTypeOf(here.snapshot().people).items.toHaveProperty('state').toEqualTypeOf<{ away: boolean } | null>()
  here.set({})
  here.set(null)
}

/** Without a contract the application names its type. */
export function withoutContract(): void {
  expectTypeOf(people<{ mood: string }>(untyped.join('#a'))).toEqualTypeOf<PeopleStore<{ mood: string }>>()
  expectTypeOf(people(untyped.join('#a')).snapshot().people)
    .items.toHaveProperty('state')
    .toBeUnknown()
}
