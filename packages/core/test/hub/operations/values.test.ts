import { describe, expect, test } from 'vitest'
import { nested, outcome, paths, stage } from '../../support/stage.ts'

const deep = nested(65)
describe.each(paths)('free-form values, with a backplane that is %s', (path) => {
  test('P-FR-7: data may nest 64 deep', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.request('join', '#a')
    await alice.say(`["send",2,"#a","say",${nested(64)}]`)
    expect(outcome(alice.answer(2))).toBe('ok')
    expect(alice.messages('#a')).toEqual([[1, JSON.parse(nested(64))]])
  })

  test.each([
    ['65 deep', deep],
    ['5 000 deep', nested(5_000)],
    ['32 000 deep', nested(32_000)],
    ['objects 65 deep', '{"a":'.repeat(65) + 1 + '}'.repeat(65)],
    ['beyond a double', '[1e999]'],
    ['below a double', '{"a":-1e999}'],
  ])('P-FR-7, U-05: a send of data %s is bad_payload, and nothing is stored', async (_, data) => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.say(`["send",1,"#a","say",${data}]`)
    expect(alice.answer(1)).toMatchObject({ code: 'bad_payload' })
    expect(await alice.request('read', '#a')).toMatchObject({ result: { messages: [], top: 0 } })
  })

  test('P-FR-7: a call with data that nests too deep is bad_payload, and no handler runs', async () => {
    const s = stage({ path })
    let runs = 0
    s.hub.handle('echo', () => ++runs)
    const alice = await s.client('alice')
    await alice.say(`["call",1,"echo",${deep}]`, '["call",2,"echo",1e999]')
    expect([1, 2].map((ref) => outcome(alice.answer(ref)))).toEqual(['bad_payload', 'bad_payload'])
    expect(runs).toBe(0)
  })

  test('P-FR-7: a presence state that nests too deep is bad_payload, in a join and in a state', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.say(`["join",1,"#a",{"state":${deep}}]`, `["state",2,"#a",${deep}]`)
    expect([1, 2].map((ref) => outcome(alice.answer(ref)))).toEqual(['bad_payload', 'bad_payload'])
    expect(s.hub.rooms.size).toBe(0)
  })

  test('P-FR-7: a cast of data that nests too deep is dropped and counted', async () => {
    const s = stage({ path })
    const [alice, bob] = [await s.client('alice'), await s.client('bob')]
    await bob.request('join', '#a')
    await alice.say(`["cast","#a","say",${deep}]`, '["cast","#a","say",-1e999]', '["cast","#a","say","fine"]')
    expect(bob.frames('cast').map((frame) => frame[3])).toEqual(['fine'])
    expect(s.hub.counters.droppedCasts).toBe(2)
    expect(alice.code).toBeNull()
  })

  test('P-FR-7: a reply that nests too deep is dropped and counted, and the ask stays open', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    const asked = s.hub.to('@alice').ask('confirm', 'sure?')
    await s.settle()
    await alice.say(`["reply",1,${deep}]`)
    expect(s.hub.counters.strayReplies).toBe(1)
    await alice.say('["reply",1,"yes"]')
    expect(await asked).toBe('yes')
  })

  test('P-FR-7: of two keys with the same name the last wins', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.request('join', '#a')
    await alice.say('["send",2,"#a","say",{"a":1,"b":0,"a":2}]')
    expect(alice.messages('#a')).toEqual([[1, { a: 2, b: 0 }]])
  })

  test('P-FR-7: the allowed depth can be set', async () => {
    const s = stage({ path, limits: { depth: 2 } })
    const alice = await s.client('alice')
    expect(alice.welcome.limits['depth']).toBe(2)
    await alice.say('["send",1,"#a","say",[[]]]', '["send",2,"#a","say",[[[]]]]')
    expect([1, 2].map((ref) => outcome(alice.answer(ref)))).toEqual(['ok', 'bad_payload'])
  })
})
