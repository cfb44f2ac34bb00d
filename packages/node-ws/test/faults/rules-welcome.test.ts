import { expect, test, vi } from 'vitest'
import type { ProtocolFrame, Rule } from '../../../../test-support/rule-proxy.ts'
import { throughRules } from '../support/through-proxy.ts'

type Fields = Readonly<Record<string, unknown>>

/** Applies to the `welcome` of one connection; everything else passes. */
const welcomeOf =
  (number: number, rule: (fields: Fields, frame: ProtocolFrame) => readonly ProtocolFrame[]): Rule =>
  (frame, link) =>
    frame[0] === 'welcome' && link.number === number ? rule(frame[1] as Fields, frame) : [frame]

test.each<[string, (fields: Fields, frame: ProtocolFrame) => readonly ProtocolFrame[]]>([
  ['another frame', () => [['ok', 1, {}]]],
  ['a welcome without a session', ({ session: _, ...fields }) => [['welcome', fields]]],
  ['two welcomes', (_, frame) => [frame, frame]],
])(
  '%s in place of the welcome: the attempt ends, and the next succeeds (N-03, P-HS-1, P-FR-5)',
  async (_, rule) => {
    const { rules, enter } = await throughRules()
    rules.down = welcomeOf(1, rule)

    const bob = await enter('bob')

    expect(bob.errors[0]).toBeDefined()
    expect(await bob.say('hi')).toBe('ok')
    expect(await bob.hears(1)).toEqual(['hi'])
    expect(rules.frames('up', 'hello')).toHaveLength(2)
  },
)

test('after a lost welcome the same session is resumed with the secret before it (N-03, P-HS-4)', async () => {
  const { rules, enter, hub, connects } = await throughRules()
  const bob = await enter('bob')
  const { session } = bob.client
  rules.down = (frame, link) => {
    if (frame[0] !== 'welcome' || link.number !== 2) return [frame]
    link.close(1011)
    return []
  }

  rules.drop()
  await vi.waitFor(() => expect(connects).toHaveLength(2), { interval: 1 })
  await hub.to('#lobby').send('say', 'meanwhile')

  expect(await bob.hears(1)).toEqual(['meanwhile'])
  expect(connects).toEqual([false, true, true].map((resumed) => ({ user: 'bob', resumed })))
  expect(bob.client.session).toBe(session)
})

test('when a session cannot be resumed, written sends are uncertain, and the rest goes out anew (N-03, P-PB-8)', async () => {
  const { rules, enter } = await throughRules()
  const bob = await enter('bob')
  rules.up = (frame) => (frame[0] === 'send' ? [] : [frame])
  const written = bob.say('written')
  await vi.waitFor(() => expect(rules.frames('up', 'send')).toHaveLength(1), { interval: 1 })
  rules.up = (frame) => [frame]
  rules.down = welcomeOf(2, ({ session: _, ...fields }) => [
    ['welcome', { ...fields, session: { id: 'another-one', secret: 'x'.repeat(24) }, resumed: false }],
  ])

  rules.drop()
  await bob.reaches('reconnecting')
  const unwritten = bob.say('unwritten')

  expect([await written, await unwritten]).toEqual(['uncertain', 'ok'])
  expect(await bob.hears(1)).toEqual(['unwritten'])
})

test('after the welcome of another user no send of the first user goes out, and the application is told (N-03, P-HS-8)', async () => {
  const { rules, enter } = await throughRules()
  const bob = await enter('bob')
  const left = new Promise((resolve) => bob.lobby.on('$leave', ({ error }) => resolve(error.code)))
  rules.down = welcomeOf(2, (fields) => [['welcome', { ...fields, user: 'eve' }]])

  rules.drop()
  await bob.reaches('reconnecting')
  const queued = bob.say('for bob’s eyes')

  expect(await queued).toBe('unauthorized')
  expect(await left).toBe('unauthorized')
  expect(rules.frames('up', 'send')).toEqual([])
  expect(bob.client.user).toBe('eve')
})
