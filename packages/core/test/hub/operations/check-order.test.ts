import { describe, expect, test } from 'vitest'
import type { RawClient } from '../../support/raw-client.ts'
import { nested, outcome, paths, type Stage, stage } from '../../support/stage.ts'

/** A hub that refuses each operation that the test does not allow, and whose rate is a single operation. */
const strict = { authorize: () => false }
const frugal = { limits: { rate: 0.001, burst: 1 } }
const deep = nested(65)

/** Uses up the single operation. */
async function exhausted(s: Stage): Promise<RawClient> {
  const alice = await s.client('alice')
  await alice.request('read', '#a')
  return alice
}

describe.each(paths)('the order of checks, with a backplane that is %s', (path) => {
  test('P-FR-9: an invalid frame closes the connection before its rate, address or event are checked', async () => {
    const s = stage({ path, ...frugal })
    const alice = await exhausted(s)
    await alice.say('["send",9,"nowhere","$no"]')
    expect(alice.code).toBe(4502)
  })

  test('P-FR-9: a known repetition is answered before the rate', async () => {
    const s = stage({ path, ...frugal })
    const alice = await s.client('alice')
    const first = await alice.call(['send', 1, '#a', 'say', 'hi'])
    const again = await alice.call(['send', 1, '#a', 'say', 'hi'])
    expect(again).toEqual({ ...first, result: { ...(first.ok ? first.result : {}), dup: true } })
  })

  test('P-FR-9: a known repetition is answered before authorisation', async () => {
    let allowed = true
    const s = stage({ path, authorize: () => allowed })
    const alice = await s.client('alice')
    await alice.call(['send', 1, '#a', 'say', 'hi'])
    allowed = false
    expect(await alice.call(['send', 1, '#a', 'say', 'hi'])).toMatchObject({
      ok: true,
      result: { dup: true },
    })
  })

  test('P-FR-9: a known repetition is answered first also on a node that does not know the session’s last ref', async () => {
    let allowed = true
    const s = stage({ path, authorize: () => allowed })
    s.another()
    const alice = await s.client('alice')
    await alice.call(['send', 1, '#a', 'say', 'hi'])
    allowed = false
    const elsewhere = await s.resume(alice, { to: 2 })
    expect(await elsewhere.call(['send', 1, '#a', 'say', 'hi'])).toMatchObject({ result: { dup: true } })
  })

  test.each([
    ['send', '["send",9,"nowhere","say",1]'],
    ['join', '["join",9,"nowhere"]'],
    ['read', '["read",9,"nowhere"]'],
    ['who', '["who",9,"nowhere"]'],
    ['state', '["state",9,"nowhere",1]'],
    ['call', '["call",9,"$no",1]'],
  ])('P-FR-9: a %s over the rate is rate_limited before its address or event is bad', async (_, frame) => {
    const s = stage({ path, ...frugal })
    const alice = await exhausted(s)
    await alice.say(frame)
    expect(outcome(alice.answer(9))).toBe('rate_limited')
  })

  test.each([
    ['send to no address', `["send",1,"nowhere","say",${deep}]`],
    ['send of a bad event', `["send",1,"#a","$no",${deep}]`],
    ['join of no address', `["join",1,"nowhere",{"state":${deep}}]`],
    ['state at no address', `["state",1,"nowhere",${deep}]`],
    ['call of a bad event', `["call",1,"$no",${deep}]`],
  ])('P-FR-9: a %s is bad_request before its data nests too deep', async (_, frame) => {
    const s = stage({ path, ...strict })
    const alice = await s.client('alice')
    await alice.say(frame)
    expect(outcome(alice.answer(1))).toBe('bad_request')
  })

  test.each([
    ['send', `["send",1,"#a","say",${deep}]`],
    ['join', `["join",1,"#a",{"state":${deep}}]`],
    ['join of another user’s inbox', `["join",1,"@bob",{"state":${deep}}]`],
    ['state at another user’s inbox', `["state",1,"@bob",${deep}]`],
    ['state without presence', `["state",1,"#a",${deep}]`],
  ])('P-FR-9: a %s with data that nests too deep is bad_payload before it is forbidden', async (_, frame) => {
    const s = stage({ path, ...strict })
    const alice = await s.client('alice')
    await alice.say(frame)
    expect(outcome(alice.answer(1))).toBe('bad_payload')
  })

  test.each([
    ['send of a bad event', '["send",1,"#a","$no",1]'],
    ['read with both offsets', '["read",1,"#a",{"after":1,"before":2}]'],
    ['join of no address', '["join",1,"nowhere"]'],
  ])('P-FR-9: a %s is bad_request before it is forbidden', async (_, frame) => {
    const s = stage({ path, ...strict })
    const alice = await s.client('alice')
    await alice.say(frame)
    expect(outcome(alice.answer(1))).toBe('bad_request')
  })

  test('P-FR-9: a repetition that is refused is forbidden before it is a conflict', async () => {
    let allowed = true
    const s = stage({ path, authorize: () => allowed })
    const alice = await s.client('alice')
    await alice.call(['send', 1, '#a', 'say', 'hi'])
    expect(await alice.call(['send', 1, '#a', 'say', 'other'])).toMatchObject({ code: 'conflict' })
    allowed = false
    expect(await alice.call(['send', 1, '#a', 'say', 'other'])).toMatchObject({ code: 'forbidden' })
  })

  test('P-FR-9: a repetition with other data counts toward the rate before it is a conflict', async () => {
    const s = stage({ path, ...frugal })
    const alice = await s.client('alice')
    await alice.call(['send', 1, '#a', 'say', 'hi'])
    expect(await alice.call(['send', 1, '#a', 'say', 'other'])).toMatchObject({ code: 'rate_limited' })
  })

  test('P-FR-9: a repeated call with data that nests too deep is bad_payload before it is a conflict', async () => {
    const s = stage({ path })
    s.hub.handle('echo', (input) => input)
    const alice = await s.client('alice')
    await alice.call(['call', 1, 'echo', 1])
    await alice.say(`["call",1,"echo",${deep}]`)
    expect(outcome(alice.answer(1))).toBe('bad_payload')
  })
})
