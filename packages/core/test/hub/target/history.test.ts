import { contract, type Hub, UsageError } from '@chat/core'
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

describe('a page of a log with messages that do not fit the contract', () => {
  const chat = contract({ events: { say: z.string() } })

  /** Reads a page; the hub lets time pass between two reads. */
  async function paged(at: ReturnType<typeof stage>, hub: Hub, options: object) {
    const page = hub.to('#a').history(options)
    await at.advance(50)
    return page
  }

  /** A hub whose log has a message that fits, 120 that do not, and another that fits if `last` is set. */
  async function mixed({ last = false } = {}) {
    const loose = stage({ log: {} } as never)
    const strict = loose.another({ contract: chat } as never)
    await loose.publish('#a', 'first', ...Array.from({ length: 120 }, (_, i) => i))
    if (last) await loose.publish('#a', 'last')
    return (options: object) => paged(loose, strict, options)
  }

  test.each([[1], [50], [1_000]])(
    'goes on to the next that fits, backwards, with a limit of %i',
    async (limit) => {
      const read = await mixed()
      const page = await read({ limit })
      expect(page.messages.map(({ data }) => data)).toEqual(['first'])
      expect(page).toMatchObject({ top: 121, more: false })
      expect(page.position[1]).toBe(121)
    },
  )

  test('goes on forwards, and says that there is no more', async () => {
    const read = await mixed({ last: true })
    const page = await read({ after: 1, limit: 10 })
    expect(page.messages.map(({ data }) => data)).toEqual(['last'])
    expect(page.more).toBe(false)
  })

  test('has no more messages than its limit, and then says that there are more', async () => {
    const loose = stage()
    const strict = loose.another({ contract: chat } as never)
    await loose.publish('#a', 'a', 'b', 1, 2)
    const page = await paged(loose, strict, { limit: 1 })
    expect(page.messages.map(({ data }) => data)).toEqual(['b'])
    expect(page.more).toBe(true)
    const before = page.messages[0]?.position[1]
    expect((await paged(loose, strict, { before })).messages).toMatchObject([{ data: 'a' }])
  })

  test('is empty at the end of the log, and without more', async () => {
    const read = await mixed()
    expect(await read({ after: 1, limit: 10 })).toMatchObject({ messages: [], more: false })
  })
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
