import { expect, test } from 'vitest'
import type { Rule } from '../../../../test-support/rule-proxy.ts'
import { throughRules } from '../support/through-proxy.ts'

/** Closes the first connection behind the answer to a join. */
const closeAfterJoin =
  (code: number): Rule =>
  (frame, link) => {
    if (frame[0] === 'ok' && link.number === 1) link.close(code)
    return [frame]
  }

test.each([1001, 1011, 1013, 4001, 4499])(
  'closed with %d after a join, the client returns, is in the room, and has missed no message (N-03)',
  async (code) => {
    const { rules, enter, hub, connects } = await throughRules()
    const bob = await enter('bob')
    rules.down = closeAfterJoin(code)
    const lounge = bob.client.join('#lounge')
    const heard = new Promise((resolve) => lounge.on('say', resolve))
    await bob.reaches('reconnecting')
    await hub.to('#lounge').send('say', 'meanwhile')

    expect(await heard).toBe('meanwhile')
    expect(await bob.say('back')).toBe('ok')
    expect(connects.at(-1)).toEqual({ user: 'bob', resumed: true })
  },
)

test.each([1002, 1008, 4501, 4513, 4899])(
  'closed with %d after a join, the client stays away and reports it (N-03)',
  async (code) => {
    const { rules, enter } = await throughRules()
    const bob = await enter('bob')
    rules.down = closeAfterJoin(code)
    const lounge = bob.client.join('#lounge')
    const left = new Promise<void>((resolve) => lounge.on('$leave', () => resolve()))
    await bob.reaches('closed')
    await left

    expect(await bob.say('nobody hears this')).toBe('usage')
    expect(bob.statuses).toEqual(['connected', 'closed'])
    expect(rules.frames('up', 'hello')).toHaveLength(1)
  },
)

test('after a malformed frame the hub closes with 4502, and the client stays away (N-03, P-HS-1)', async () => {
  const { rules, enter, codes } = await throughRules()
  const bob = await enter('bob')
  const [hello] = rules.frames('up', 'hello')
  rules.up = (frame) => [frame, hello ?? frame]

  expect(await bob.say('hi')).toMatch(/uncertain|ok/)
  await bob.reaches('closed')

  expect(codes).toEqual([4502])
})

test.each([
  ['no JSON', 'what?'],
  ['an empty line', ''],
  ['an element of the wrong type', '["msg","#lobby","one","say",1,"bob","id"]'],
])('a hub that writes %s is left, and found again: nothing is lost (N-03, P-FR-5)', async (_, line) => {
  const { rules, enter } = await throughRules()
  const bob = await enter('bob')
  await bob.say(1)

  rules.inject(line)
  await bob.reaches('reconnecting')

  expect(await bob.say(2)).toBe('ok')
  expect(await bob.hears(2)).toEqual([1, 2])
})

test('frames of an unknown type are counted, without effect (N-03, P-FR-4)', async () => {
  const { rules, enter } = await throughRules()
  const bob = await enter('bob')

  rules.inject(['teleport', 'now'])

  expect(await bob.say('hi')).toBe('ok')
  expect(bob.client.counters.unknownFrames).toBe(1)
  expect(bob.statuses).toEqual(['connected'])
})
