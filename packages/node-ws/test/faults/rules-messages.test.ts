import type { Position } from '@chat/core'
import { expect, test } from 'vitest'
import type { ProtocolFrame, Rule } from '../../../../test-support/rule-proxy.ts'
import { numbers, throughRules } from '../support/through-proxy.ts'

/** Applies to messages, which it counts from 0; everything else passes. */
function messages(rule: (frame: ProtocolFrame, count: number) => readonly ProtocolFrame[]): Rule {
  let count = 0
  return (frame) => (frame[0] === 'msg' ? rule(frame, count++) : [frame])
}

test('a missing message is noticed by the next and requested: all arrive in order, once (N-03, P-ST-7)', async () => {
  const { rules, enter } = await throughRules()
  const bob = await enter('bob')
  rules.down = messages((frame, count) => (count === 3 ? [] : [frame]))

  for (const i of numbers(10)) await bob.say(i)

  expect(await bob.hears(10)).toEqual(numbers(10))
  const [again] = rules.frames('up', 'join')
  expect(again).toEqual([
    'join',
    expect.any(Number),
    '#lobby',
    { since: [expect.any(String), 3, expect.any(String)] },
  ])
  expect(bob.statuses).toEqual(['connected'])
})

test('messages that arrive twice are delivered once (N-03, P-ST-7)', async () => {
  const { rules, enter } = await throughRules()
  const bob = await enter('bob')
  rules.down = messages((frame) => [frame, frame])

  for (const i of numbers(10)) await bob.say(i)

  expect(await bob.hears(10)).toEqual(numbers(10))
})

test('messages in the wrong order are delivered in the right order (N-03, P-ST-7)', async () => {
  const { rules, enter } = await throughRules()
  const bob = await enter('bob')
  const held: ProtocolFrame[] = []
  rules.down = messages((frame, count) => {
    if (count !== 3) return [frame, ...held.splice(0)]
    held.push(frame)
    return []
  })

  for (const i of numbers(10)) await bob.say(i)

  expect(await bob.hears(10)).toEqual(numbers(10))
})

test('a gap is reported to the application, which continues after it (N-03)', async () => {
  const { rules, enter } = await throughRules()
  const bob = await enter('bob')
  await bob.say('before')
  await bob.hears(1)
  const [[, , ahead, , , , id] = []] = rules.frames('down', 'msg')
  const [epoch] = bob.client.positions['#lobby'] as Position
  expect(ahead).toBe(1)

  rules.inject(['gap', '#lobby', 'trimmed', [epoch, 1, id]])
  await bob.hears(2)
  await bob.say('after')

  expect(await bob.hears(3)).toEqual(['before', 'gap: trimmed', 'after'])
})

test('messages of an address without a subscription are ignored (N-03)', async () => {
  const { rules, enter } = await throughRules()
  const bob = await enter('bob')

  rules.inject(['msg', '#elsewhere', 1, 'say', 'psst', 'eve', 'eve.1'])
  await bob.say('hi')

  expect(await bob.hears(1)).toEqual(['hi'])
})
