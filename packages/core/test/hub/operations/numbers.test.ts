import { describe, expect, test } from 'vitest'
import { stage } from '../../support/stage.ts'

describe('numbers out of bounds', () => {
  test.each([
    ['a ref of 0', '["join",0,"#a"]'],
    ['a negative ref', '["join",-1,"#a"]'],
    ['a ref that is a fraction', '["join",1.5,"#a"]'],
    ['a ref of 2^53', '["join",9007199254740992,"#a"]'],
    ['a ref beyond a double', '["join",1e999,"#a"]'],
    ['an ask of 0', '["reply",0,1]'],
    ['a limit of 0', '["read",1,"#a",{"limit":0}]'],
    ['a negative offset', '["read",1,"#a",{"after":-1}]'],
    ['an offset of 2^53', '["read",1,"#a",{"before":9007199254740992}]'],
    ['a position with a negative offset', '["join",1,"#a",{"since":["e",-1,"x"]}]'],
    ['a position of 2^53', '["join",1,"#a",{"since":["e",9007199254740992,"x"]}]'],
    ['a position of 0 with an id', '["join",1,"#a",{"since":["e",0,"x"]}]'],
    ['a position above 0 without an id', '["join",1,"#a",{"since":["e",1,null]}]'],
    ['a ping that is a fraction', '["ping",0.5]'],
  ])('P-FR-6, SEC-19: %s closes the connection with 4502, without effect', async (_, frame) => {
    const s = stage()
    const alice = await s.client('alice')
    alice.news()
    await alice.say(frame)
    expect(alice.code).toBe(4502)
    expect(alice.news()).toEqual([])
    expect(s.hub.rooms.size).toBe(0)
  })

  test('P-FR-6, SEC-19: the greatest ref and the greatest offset are valid', async () => {
    const s = stage()
    const alice = await s.client('alice')
    const ref = Number.MAX_SAFE_INTEGER
    const read = await alice.call(['read', ref, '#a', { before: ref, limit: 2 ** 31 }])
    expect(read).toMatchObject({ ok: true, ref, result: { messages: [] } })
  })
})
