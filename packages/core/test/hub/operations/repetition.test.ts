import { describe, expect, test } from 'vitest'
import { outcome, paths, stage } from '../../support/stage.ts'

describe.each(paths)('repetitions of a send, with a backplane that is %s', (path) => {
  test('P-PB-2: the same ref is stored once, and answered with dup and the first position', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.request('join', '#a')
    const first = await alice.call(['send', 2, '#a', 'say', { text: 'hi' }])
    await alice.call(['send', 3, '#a', 'say', 'more'])
    const again = await alice.call(['send', 2, '#a', 'say', { text: 'hi' }])
    expect(again).toEqual({ ok: true, ref: 2, result: { ...(first.ok ? first.result : {}), dup: true } })
    expect(alice.messages('#a').map(([at]) => at)).toEqual([1, 2])
  })

  test('P-PB-2: another spelling of the same JSON is the same message', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.say('["send",1,"#a","say",{"a":1.0,"b":"\\u0061"}]')
    await alice.say('["send", 1, "#a", "s\\u0061y", {"a":0, "a":1, "b":"a"} ]')
    expect(alice.answer(1)).toMatchObject({ ok: true, result: { dup: true } })
  })

  test.each([
    ['other data', ['send', 1, '#a', 'say', 'other']],
    ['another event', ['send', 1, '#a', 'shout', 'hi']],
  ])('P-PB-2: the same ref with %s is a conflict, and nothing is stored', async (_, frame) => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.call(['send', 1, '#a', 'say', 'hi'])
    await alice.say(frame)
    expect(alice.answer(1)).toMatchObject({ code: 'conflict' })
    expect(await alice.request('read', '#a')).toMatchObject({ result: { top: 1 } })
  })

  test('U-17: the same ref at another address, of another session or of another user is another message', async () => {
    const s = stage({ path })
    const [alice, phone, bob] = [await s.client('alice'), await s.client('alice'), await s.client('bob')]
    for (const client of [alice, phone, bob]) {
      expect(await client.call(['send', 1, '#a', 'say', 'hi'])).toMatchObject({ ok: true })
      expect(client.answer(1)).not.toMatchObject({ result: { dup: true } })
    }
    expect(await alice.call(['send', 1, '#b', 'say', 'hi'])).toMatchObject({ result: { at: 1 } })
    expect(await bob.request('read', '#a')).toMatchObject({ result: { top: 3 } })
  })

  test('P-PB-2: a repetition is recognised after a resume, also on another node', async () => {
    const s = stage({ path })
    s.another()
    const alice = await s.client('alice')
    await alice.call(['send', 1, '#a', 'say', 'hi'])
    const again = await s.resume(alice)
    expect(await again.call(['send', 1, '#a', 'say', 'hi'])).toMatchObject({ result: { dup: true, at: 1 } })
    const elsewhere = await s.resume(again, { to: 2 })
    expect(elsewhere.welcome.resumed).toBe(true)
    expect(await elsewhere.call(['send', 1, '#a', 'say', 'hi'])).toMatchObject({
      result: { dup: true, at: 1 },
    })
  })

  test('P-PB-2: a repetition that waits behind its first attempt is answered with dup', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.say(['send', 1, '#a', 'say', 'hi'], ['send', 1, '#a', 'say', 'hi'])
    const answers = alice.frames('ok')
    expect(answers).toHaveLength(2)
    expect(answers.map((frame) => (frame[2] as { dup?: boolean }).dup ?? false)).toEqual([false, true])
  })

  test('P-PB-2: the last refs are remembered, as many as may be in flight; an older ref is a conflict', async () => {
    const s = stage({ path, limits: { inflight: 3 } })
    const alice = await s.client('alice')
    for (const ref of [1, 2, 3, 4]) await alice.call(['send', ref, '#a', 'say', ref])
    const outcomes = []
    for (const ref of [1, 2, 3, 4]) outcomes.push(await alice.call(['send', ref, '#a', 'say', ref]))
    expect(outcomes.map(outcome)).toEqual(['conflict', 'ok', 'ok', 'ok'])
    expect(await alice.request('read', '#a')).toMatchObject({ result: { top: 4 } })
  })

  test('P-PB-2: a ref below the greatest that was never written is a conflict', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.call(['send', 5, '#a', 'say', 5])
    expect(await alice.call(['send', 3, '#a', 'say', 3])).toMatchObject({ code: 'conflict' })
    expect(await alice.call(['send', 4, '#b', 'say', 4])).toMatchObject({ ok: true })
  })

  test('P-PB-2: a repetition is recognised for the whole window, and costs nothing after it', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.call(['send', 1, '#a', 'say', 'hi'])
    for (let i = 0; i < 5; i++) {
      await s.advance(23_000)
      await alice.say(['pong'])
    }
    expect(await alice.call(['send', 1, '#a', 'say', 'hi'])).toMatchObject({ result: { dup: true } })
    expect(s.store.usage.keys).toBe(1)
    for (let i = 0; i < 8; i++) {
      await s.advance(23_000)
      await alice.say(['pong'])
    }
    expect(s.store.usage.keys).toBe(0)
  })

  test('P-PB-2, P-HS-6: a ref used again after the window is a conflict, as long as the session lives', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.call(['send', 1, '#a', 'say', 'old'])
    const idle = async (ms: number): Promise<void> => {
      for (let left = ms; left > 0; left -= 20_000) {
        await s.advance(20_000)
        await alice.say(['pong'])
      }
    }
    await idle(100_000)
    expect(await alice.call(['send', 1, '#a', 'say', 'new'])).toMatchObject({ code: 'conflict' })
    await idle(200_000)
    expect(await alice.call(['send', 1, '#a', 'say', 'old'])).toMatchObject({ code: 'conflict' })
    expect(await alice.call(['send', 1, '#a', 'say', 'new'])).toMatchObject({ code: 'conflict' })
    const page = await alice.request('read', '#a')
    expect(page).toMatchObject({ result: { messages: [expect.arrayContaining(['old'])] } })
  })

  test('P-PB-2: a repeated message calls the listeners once', async () => {
    const s = stage({ path })
    const told: unknown[] = []
    s.hub.on('say', (data) => told.push(data))
    const alice = await s.client('alice')
    for (let i = 0; i < 3; i++) await alice.call(['send', 1, '#a', 'say', 'hi'])
    const again = await s.resume(alice)
    await again.call(['send', 1, '#a', 'say', 'hi'])
    expect(told).toEqual(['hi'])
  })
})
