import { contract, type HubError, type Untyped, UsageError, watchPresence } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { live, play } from '../support/fake-hub.ts'
import { stage } from '../support/stage.ts'

const chat = contract({
  events: { say: z.string() },
  presence: z.object({ name: z.string(), since: z.string().transform(Number) }),
}) as unknown as Untyped
const ann = { name: 'Ann', since: '5' }
const wrong = { name: 7 }

describe('a presence state, at a hub whose contract has `presence`', () => {
  test('is kept as the client gave it, and the hub itself gets the output of the validator', async () => {
    const s = stage({ contract: chat, presence: {} })
    const [alice, bob] = [await s.client('alice'), await s.client('bob')]
    await alice.request('join', '#a', { state: ann })
    expect(await bob.request('join', '#a')).toMatchObject({
      result: { members: expect.arrayContaining([[alice.id, 'alice', ann]]) },
    })
    const asked = s.hub.to('#a').members()
    await s.settle()
    expect(await asked).toEqual(
      expect.arrayContaining([
        { session: alice.id, user: 'alice', state: { name: 'Ann', since: 5 } },
        { session: bob.id, user: 'bob', state: null },
      ]),
    )
  })

  test('that does not pass is refused as `bad_payload` with its path, in a join and in a change', async () => {
    const s = stage({ contract: chat, presence: {} })
    const alice = await s.client('alice')
    expect(await alice.request('join', '#a', { state: wrong })).toMatchObject({ code: 'bad_payload' })
    await alice.request('join', '#a', { state: ann })
    expect(await alice.request('state', '#a', wrong)).toMatchObject({
      code: 'bad_payload',
      detail: { path: ['name'] },
    })
    expect(await alice.request('state', '#a', null)).not.toMatchObject({ code: 'bad_payload' })
  })

  test('that another contract has let in is `null` in `members`, and its error is in $error', async () => {
    const s = stage({ presence: {} })
    const strict = s.another({ contract: chat })
    const errors: HubError[] = []
    strict.on('$error', (error) => errors.push(error))
    const alice = await s.client('alice')
    await alice.request('join', '#a', { state: wrong })
    const asked = strict.to('#a').members()
    await s.settle()
    expect(await asked).toEqual([{ session: alice.id, user: 'alice', state: null }])
    expect(errors).toMatchObject([{ source: 'listener', subject: '#a presence' }])
  })
})

describe('a presence state, at a client whose contract has `presence`', () => {
  test('that does not pass is refused at the call, and is not sent', () =>
    play(async (at) => {
      const client = await at.connected({ contract: chat } as object)
      expect(() => client.join('#a', { state: wrong })).toThrow(
        /unable to accept the presence state: name: .*expected string/,
      )
      expect(Object.keys(client.positions)).not.toContain('#a')
      const here = watchPresence(client.join('#a', { state: ann }))
      expect(() => here.set(wrong)).toThrow(/unable to accept the presence state/)
      expect(at.hub.at().of('state')).toEqual([])
    }))

  test('of a member is the output of the validator, or `null` with an error in $error', () =>
    play(async (at) => {
      const client = await at.connected({ contract: chat } as object)
      const members = [
        ['s1', 'ann', ann],
        ['s2', 'bob', wrong],
        ['s3', 'eve', null],
      ]
      at.hub.streams.set('#a', { ...live(), version: 1, count: 3, members, more: false })
      const here = watchPresence(client.join('#a'))
      await at.advance(10)
      expect([...here.members.values()].map(({ user, state }) => [user, state])).toEqual([
        ['ann', { name: 'Ann', since: 5 }],
        ['bob', null],
        ['eve', null],
      ])
      expect(client.said.errors).toMatchObject([{ subject: '#a presence' }])
    }))
})

test('the validator of presence states stands in the contract itself, and has no name', () => {
  expect(() => contract({ presence: { name: z.string() } } as never)).toThrow(UsageError)
  expect(() => contract({ presence: { name: z.string() } } as never)).toThrow(
    "unable to make the contract: 'presence' must be a validator of Standard Schema, such as z.string(), but is an instance of Object",
  )
  expect(
    contract({ events: { presence: z.string() }, presence: z.string() }).validator.has('events', 'presence'),
  ).toBe(true)
})
