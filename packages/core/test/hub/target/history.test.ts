import { contract, UsageError } from '@chat/core'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { altered, paths, stage } from '../../support/stage.ts'

describe.each(paths)('hub.to(address).history(), with a backplane that is %s', (path) => {
  test('gives the newest messages, oldest first, with the position of the newest', async () => {
    const s = stage({ path })
    const sent = await s.publish('#a', 1, 2, 3)

    const page = await s.settled(s.hub.to('#a').history({ limit: 2 }))

    expect(page).toEqual({
      epoch: sent[0]?.position[0],
      base: 0,
      top: 3,
      position: sent[2]?.position,
      more: true,
      messages: [2, 3].map((data) => ({
        address: '#a',
        event: 'say',
        data,
        meta: null,
        from: null,
        session: null,
        durable: true,
        id: sent[data - 1]?.id,
        position: sent[data - 1]?.position,
        time: expect.any(Number),
      })),
    })
  })

  test('goes back and forth by exclusive offsets', async () => {
    const s = stage({ path })
    await s.publish('#a', ...Array.from({ length: 10 }, (_, i) => i + 1))
    const data = async (options: object): Promise<unknown[]> =>
      (await s.settled(s.hub.to('#a').history(options))).messages.map((message) => message.data)

    expect(await data({ after: 8 })).toEqual([9, 10])
    expect(await data({ before: 3 })).toEqual([1, 2])
    expect(await data({ after: 10 })).toEqual([])
  })

  test('names the session of a client that sent a message', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.request('send', '#a', 'say', 1, { of: 'x.1' })

    const { messages } = await s.settled(s.hub.to('#a').history())

    expect(messages).toMatchObject([{ from: 'alice', session: alice.id, meta: { of: 'x.1' } }])
  })
})

test('the messages are those of the contract, as its validator returns them, and others are reported', async () => {
  const chat = contract({ events: { at: z.string().transform((text) => new Date(text)), say: z.string() } })
  const s = stage({ contract: chat } as never)
  const untyped = stage()
  await untyped.publish('#a', 1)
  await s.hub.to('#a').send('at', '2026-01-01')
  await s.store.append(
    '#a',
    { event: 'say', data: '1', meta: null, from: null, id: 'n.1' },
    {
      user: '',
      session: 'n',
      ref: 1,
      hash: 'h',
      window: 1,
      by: 'n',
    },
  )

  const { messages } = await s.hub.to('#a').history()

  expect(messages.map(({ data }) => data)).toEqual([new Date('2026-01-01')])
  expect(s.faults).toHaveLength(1)
})

test('a page of a contract narrows by its events', () => {
  type Page = Awaited<ReturnType<ReturnType<typeof typed>['history']>>
  type Narrowed = Extract<Page['messages'][number], { event: 'say' }>['data']
  expectTypeOf<Narrowed>().toEqualTypeOf<string>()
})
const typed = () =>
  stage().hub.to('#a') as unknown as import('@chat/core').HubTarget<{ events: { say: string; n: number } }>

test('is unavailable while the log is out of reach', async () => {
  const cause = new Error('out of reach')
  const s = stage({
    wrap: (backplane) =>
      altered(backplane, {
        read: () => {
          throw cause
        },
      }),
  })
  await expect(s.hub.to('#a').history()).rejects.toMatchObject({ code: 'unavailable', cause })
})

test.each([
  ['~s1234567', {}],
  ['#a', { limit: 0 }],
  ['#a', { after: -1 }],
  ['#a', { before: 1.5 }],
  ['#a', { after: 1, before: 3 }],
  ['#a', { since: 1 }],
])('rejects what cannot work: %s %j', async (address, options) => {
  await expect(
    stage()
      .hub.to(address)
      .history(options as never),
  ).rejects.toBeInstanceOf(UsageError)
})

test('a signal ends the wait', async () => {
  const s = stage({ path: 'asynchronous' })
  const stop = new AbortController()
  const page = s.hub.to('#a').history({ signal: stop.signal })
  stop.abort(new Error('enough'))
  await expect(page).rejects.toThrow('enough')
})
