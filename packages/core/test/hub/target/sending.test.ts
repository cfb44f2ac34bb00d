import { UsageError } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { paths, stage } from '../../support/stage.ts'

describe.each(paths)('hub.to(address).send(), with a backplane that is %s', (path) => {
  test('speaks in the name of a user, with meta, and never asks the policy', async () => {
    const s = stage({ path, authorize: ({ action }) => action === 'join' })
    const bob = await s.client('bob')
    await bob.request('join', '#a')

    const { id } = await s.settled(s.hub.to('#a').send('say', 'hi', { from: 'alice', meta: { bot: true } }))
    s.hub.to('#a').cast('typing', true, { from: 'alice' })
    await s.settle()

    expect([...bob.frames('msg'), ...bob.frames('cast')]).toEqual([
      ['msg', '#a', 1, 'say', 'hi', 'alice', id, expect.any(Number), null, { bot: true }],
      ['cast', '#a', 'typing', true, 'alice'],
    ])
  })

  test('an idempotency key is recognised at every node, and names the first position (P-PB-2)', async () => {
    const s = stage({ path })
    const other = s.another()
    const send = (hub: typeof other, data: unknown, idempotencyKey: string) =>
      s.settled(hub.to('#a').send('say', data, { idempotencyKey }))

    const first = await send(s.hub, 1, 'order 7')
    const again = await send(other, 1, 'order 7')
    const next = await send(other, 1, 'order 8')

    expect(again).toEqual(first)
    expect([first.position[1], next.position[1]]).toEqual([1, 2])
    await expect(send(other, 2, 'order 7')).rejects.toMatchObject({ code: 'conflict' })
  })

  test('the same key at another address is another message', async () => {
    const s = stage({ path })
    const stored = await Promise.all(
      ['#a', '#b'].map((address) => s.settled(s.hub.to(address).send('say', 1, { idempotencyKey: 'k' }))),
    )
    expect(new Set(stored.map(({ id }) => id)).size).toBe(2)
  })
})

test.each([
  { from: '' },
  { from: 7 },
  { from: 'a\nb' },
  { idempotencyKey: '' },
  { idempotencyKey: 7 },
  { idempotencyKey: 'x'.repeat(256) },
  { form: 'alice' },
])('rejects an option that cannot work: %j', async (options) => {
  await expect(
    stage()
      .hub.to('#a')
      .send('say', 1, options as never),
  ).rejects.toBeInstanceOf(UsageError)
})
