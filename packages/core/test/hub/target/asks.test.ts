import type { ChatError } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { nested, paths, stage } from '../../support/stage.ts'

/** Returns the outcome of a promise. */
const ended = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => value,
    (error: ChatError) => error.code ?? error,
  )

describe.each(paths)('asks of the hub, with a backplane that is %s', (path) => {
  test('§4: an ask carries a number of its connection, which is never reused', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    for (let i = 1; i <= 3; i++) {
      const asked = s.hub.to('@alice').ask('confirm', { i })
      await s.settle()
      await alice.say(['reply', i, `yes ${i}`])
      expect(await asked).toBe(`yes ${i}`)
    }
    expect(alice.frames('ask')).toEqual([1, 2, 3].map((i) => ['ask', i, 'confirm', { i }]))
  })

  test('§4: of several sessions the first answer counts, and a later one is ignored and counted', async () => {
    const s = stage({ path })
    const [laptop, phone] = [await s.client('alice'), await s.client('alice')]
    const asked = s.hub.to('@alice').ask('confirm', null)
    await s.settle()
    await phone.say(['reply', 1, 'from the phone'])
    await laptop.say(['reply', 1, 'too late'])
    expect(await asked).toBe('from the phone')
    expect(s.hub.counters.strayReplies).toBe(1)
  })

  test('§4: a session that refuses leaves the answer to the other sessions', async () => {
    const s = stage({ path })
    const [laptop, phone] = [await s.client('alice'), await s.client('alice')]
    const asked = s.hub.to('@alice').ask('confirm', null)
    await s.settle()
    await laptop.say(['refuse', 1, 'shop/busy', 'not now'])
    await phone.say(['reply', 1, 'yes'])
    expect(await asked).toBe('yes')
  })

  test('§4: when all sessions refuse, the first refusal is the outcome', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    const asked = s.hub
      .to('@alice')
      .ask('confirm', null)
      .catch((error: ChatError) => error)
    await s.settle()
    await alice.say(['refuse', 1, 'shop/busy', 'not now'])
    expect(await asked).toMatchObject({ code: 'shop/busy', message: 'not now' })
  })

  test('§10: a refusal with an unknown code is internal, and a long message is cut', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    const asked = s.hub
      .to('@alice')
      .ask('confirm', null)
      .catch((error: ChatError) => error)
    await s.settle()
    await alice.say(['refuse', 1, 'uncertain', 'x'.repeat(60_000)])
    const error = (await asked) as ChatError
    expect(error.code).toBe('internal')
    expect(error.message.length).toBeLessThanOrEqual(1_000)
  })

  test('§4: an ask to an address without sessions is not_found', async () => {
    const s = stage({ path })
    const asked = ['@nobody', '~nobody'].map((address) => ended(s.hub.to(address).ask('confirm', null)))
    const all = s.hub.to('#empty').askAll('confirm', null)
    await s.settle()
    expect(await Promise.all(asked)).toEqual(['not_found', 'not_found'])
    expect(await all).toEqual({ replies: [], refused: [], timedOut: [], unreachable: [] })
  })

  test('§4: an ask without an answer in time is a timeout', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    const asked = ended(s.hub.to('@alice').ask('confirm', null, { timeout: 2_000 }))
    await s.advance(2_100)
    expect(await asked).toBe('timeout')
    await alice.say(['reply', 1, 'late'])
    expect(s.hub.counters.strayReplies).toBe(1)
  })

  test('§4: the end of the connection makes an open ask uncertain', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    const asked = ended(s.hub.to('@alice').ask('confirm', null))
    await s.settle()
    await s.drop(alice)
    expect(await asked).toBe('uncertain')
  })

  test('§4: an ask belongs to its connection, also when the session is resumed', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    const asked = ended(s.hub.to('@alice').ask('confirm', null))
    await s.settle()
    const again = await s.resume(alice)
    await again.say(['reply', 1, 'yes'])
    expect(await asked).toBe('uncertain')
    const next = s.hub.to('@alice').ask('confirm', null)
    await s.settle()
    expect(again.frames('ask')).toEqual([['ask', 1, 'confirm', null]])
    await again.say(['reply', 1, 'yes'])
    expect(await next).toBe('yes')
  })

  test('§4: askAll tells the outcome of every session', async () => {
    const s = stage({ path })
    const [alice, bob, carol, dave] = [
      await s.client('alice'),
      await s.client('bob'),
      await s.client('carol'),
      await s.client('dave'),
    ]
    for (const client of [alice, bob, carol, dave]) await client.request('join', '#a')
    const asked = s.hub.to('#a').askAll('vote', { on: 'lunch' }, { timeout: 1_000 })
    await s.settle()
    await alice.say(['reply', 1, 'pizza'])
    await bob.say(['refuse', 1, 'forbidden', 'no vote'])
    await s.drop(carol)
    await s.advance(1_100)
    expect(await asked).toEqual({
      replies: [{ session: alice.id, user: 'alice', answer: 'pizza' }],
      refused: [
        { session: bob.id, user: 'bob', error: expect.objectContaining({ code: 'forbidden' }) },
        { session: carol.id, user: 'carol', error: expect.objectContaining({ code: 'uncertain' }) },
      ],
      timedOut: [{ session: dave.id, user: 'dave' }],
      unreachable: [],
    })
  })

  test.each(['*', '#a', '@alice', '~'])('§4: an ask reaches the sessions of %s', async (address) => {
    const s = stage({ path })
    const [alice, bob] = [await s.client('alice', { streams: { '#a': null } }), await s.client('bob')]
    const to = address === '~' ? `~${alice.id}` : address
    const asked = s.hub.to(to).askAll('confirm', null)
    await s.settle()
    await alice.say(['reply', 1, 'yes'])
    await bob.say(['reply', 1, 'yes'])
    expect((await asked).replies).toHaveLength(address === '*' ? 2 : 1)
  })

  test('§4: a signal stops the waiting with its reason, and a signal that is aborted already asks no session', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    const controller = new AbortController()
    const asked = ended(s.hub.to('@alice').ask('confirm', null, { signal: controller.signal }))
    await s.settle()
    controller.abort('enough')
    expect(await asked).toBe('enough')
    expect(await ended(s.hub.to('@alice').ask('confirm', null, { signal: AbortSignal.abort('never') }))).toBe(
      'never',
    )
    await s.settle()
    expect(alice.frames('ask')).toHaveLength(1)
    expect(s.time.pending).toBeLessThan(5)
  })

  test('P-FR-7: the data of an ask may nest to any depth, a reply may not', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    const asked = ended(s.hub.to('@alice').ask('confirm', null, { timeout: 500 }))
    await s.settle()
    await alice.say(`["reply",1,${nested(65)}]`)
    await s.advance(600)
    expect(await asked).toBe('timeout')
  })
})
