import { expect, test } from 'vitest'
import { faster } from '../../../../test-support/fast.ts'
import type { ProtocolFrame, Rule } from '../../../../test-support/rule-proxy.ts'
import { throughRules } from '../support/through-proxy.ts'

/** Applies to the answers of sends, which have an id; everything else passes. */
const answers =
  (rule: Rule): Rule =>
  (frame, link) =>
    frame[0] === 'ok' && !('mode' in (frame[2] as object)) ? rule(frame, link) : [frame]

const refused = ([, ref]: ProtocolFrame): ProtocolFrame => ['err', ref, 'forbidden', 'no']

test('an answer that comes twice settles its send once, and is counted (N-03, P-FR-10)', async () => {
  const { rules, enter } = await throughRules()
  const bob = await enter('bob')
  rules.down = answers((frame) => [frame, frame])

  expect([await bob.say(1), await bob.say(2)]).toEqual(['ok', 'ok'])

  expect(await bob.hears(2)).toEqual([1, 2])
  expect(bob.client.counters.strayAnswers).toBe(2)
})

test('an answer that is lost with its connection comes on the next, as the answer to a repetition (N-03, F5, P-PB-2)', async () => {
  const { rules, enter } = await throughRules()
  const bob = await enter('bob')
  rules.down = answers((frame, link) => {
    if (link.number > 1) return [frame]
    link.close(1011)
    return []
  })

  expect(await bob.say('once')).toBe('ok')

  expect(await bob.hears(1)).toEqual(['once'])
  const [first, second] = rules.frames('up', 'send')
  expect(second).toEqual(first)
  expect(rules.frames('down', 'ok').at(-1)?.[2]).toMatchObject({ at: 1, dup: true })
})

test('an answer that never comes makes its send uncertain after a minute (N-03, P-PB-3)', async () => {
  const { rules, enter } = await throughRules({ runtime: faster(100) })
  const bob = await enter('bob')
  rules.down = answers(() => [])

  expect(await bob.say('who knows')).toBe('uncertain')

  expect(await bob.hears(1)).toEqual(['who knows'])
})

test('a refusal of a first attempt is final (N-03, P-PB-3)', async () => {
  const { rules, enter } = await throughRules()
  const bob = await enter('bob')
  rules.down = answers((frame) => [refused(frame)])

  expect(await bob.say('no')).toBe('forbidden')
  expect(rules.frames('up', 'send')).toHaveLength(1)
})

test('a refusal of a repetition makes the send uncertain: the first attempt may have been stored (N-03, P-PB-3)', async () => {
  const { rules, enter } = await throughRules()
  const bob = await enter('bob')
  rules.down = answers((frame, link) => {
    if (link.number > 1) return [refused(frame)]
    link.close(1011)
    return []
  })

  const sent = bob.client.to('#lobby').send('say', 'who knows')

  await expect(sent).rejects.toMatchObject({ code: 'uncertain', cause: { code: 'forbidden' } })
})

test('a refusal without a pending operation is only counted (N-03, P-FR-10)', async () => {
  const { rules, enter } = await throughRules()
  const bob = await enter('bob')

  rules.inject(['err', 4_711, 'internal', 'surprise'])

  expect(await bob.say('hi')).toBe('ok')
  expect(bob.client.counters.strayAnswers).toBe(1)
  expect(bob.statuses).toEqual(['connected'])
})

test('a send that reaches the hub twice is stored once (N-03, P-PB-2)', async () => {
  const { rules, enter } = await throughRules()
  const bob = await enter('bob')
  rules.up = (frame) => (frame[0] === 'send' ? [frame, frame] : [frame])

  expect([await bob.say(1), await bob.say(2)]).toEqual(['ok', 'ok'])

  expect(await bob.hears(2)).toEqual([1, 2])
  expect((await bob.lobby.history()).messages).toHaveLength(2)
})
