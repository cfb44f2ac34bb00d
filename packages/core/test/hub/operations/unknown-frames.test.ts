import { describe, expect, test } from 'vitest'
import { stage } from '../../support/stage.ts'

describe('a frame of a type that the hub does not know', () => {
  test('P-FR-4: is answered with unsupported when its second element is a ref', async () => {
    const s = stage()
    const alice = await s.client('alice')
    expect(await alice.call(['teleport', 7, '#a'])).toMatchObject({ ref: 7, code: 'unsupported' })
    expect(s.hub.counters.unknownFrames).toBe(0)
  })

  test.each([
    ['no second element', '["teleport"]'],
    ['a text', '["teleport","7"]'],
    ['zero', '["teleport",0]'],
    ['a fraction', '["teleport",1.5]'],
    ['a number above 2^53−1', '["teleport",9007199254740992]'],
    ['an object', '["teleport",{"ref":1}]'],
  ])('P-FR-4: is ignored and counted with %s in place of the ref', async (_, frame) => {
    const s = stage()
    const alice = await s.client('alice')
    alice.news()
    await alice.say(frame, '["ping",1]')
    expect(alice.news()).toEqual([['pong', 1]])
    expect(s.hub.counters.unknownFrames).toBe(1)
  })

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'error', ''])(
    'P-FR-4: the type %j is data like any other',
    async (type) => {
      const s = stage()
      const alice = await s.client('alice')
      expect(await alice.call([type, 1])).toMatchObject({ code: 'unsupported' })
    },
  )

  test('P-FR-4: a frame that only a hub writes is unknown to a hub', async () => {
    const s = stage()
    const alice = await s.client('alice')
    await alice.say(['msg', '#a', 1, 'say', 1, 'root', 'x', 1], ['welcome', {}], ['bye', 4001, ''])
    expect(alice.code).toBeNull()
    expect(s.hub.counters.unknownFrames).toBe(2)
    expect(alice.answer(4001)).toMatchObject({ code: 'unsupported' })
  })
})
