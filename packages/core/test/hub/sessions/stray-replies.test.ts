import { describe, expect, test } from 'vitest'
import { stage } from '../../support/stage.ts'

describe('stray replies', () => {
  test('P-FR-10: a reply or refusal of an unknown ask is ignored and counted', async () => {
    const s = stage()
    const alice = await s.client('alice')
    alice.news()
    await alice.say(['reply', 1, 'yes'], ['refuse', 2, 'forbidden', 'no'])
    expect(s.hub.counters.strayReplies).toBe(2)
    expect(alice.news()).toEqual([])
    expect(alice.code).toBeNull()
  })

  test('P-FR-10: the second reply to one ask is ignored and counted', async () => {
    const s = stage()
    const alice = await s.client('alice')
    const asked = s.hub.to('@alice').ask('confirm', null)
    await s.settle()
    await alice.say(['reply', 1, 'yes'], ['reply', 1, 'no'])
    expect(await asked).toBe('yes')
    expect(s.hub.counters.strayReplies).toBe(1)
  })

  test('P-FR-10: a reply on another connection settles nothing', async () => {
    const s = stage()
    const [alice, bob] = [await s.client('alice'), await s.client('bob')]
    const asked = s.hub.to('@alice').ask('confirm', null)
    await s.settle()
    await bob.say(['reply', 1, 'forged'])
    await alice.say(['reply', 1, 'real'])
    expect(await asked).toBe('real')
    expect(s.hub.counters.strayReplies).toBe(1)
  })
})
