import { type AuthorizeRequest, contract } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { outcome, paths, stage } from '../../support/stage.ts'

const chat = contract({ events: { say: z.object({ text: z.string().trim() }) } })

describe.each(paths)('a policy that answers with content, with a backplane that is %s', (path) => {
  test('replaces the data of a message in the log, for readers and for listeners', async () => {
    const s = stage({
      path,
      contract: chat,
      authorize: ({ action }: AuthorizeRequest) =>
        action === 'send' ? { data: { text: ' masked ' } } : true,
    } as never)
    const heard: unknown[] = []
    s.hub.on('say', (data) => heard.push(data))
    const [alice, bob] = [await s.client('alice'), await s.client('bob')]
    await bob.request('join', '#a')

    expect(outcome(await alice.request('send', '#a', 'say', { text: 'rude' }))).toBe('ok')

    expect(bob.messages('#a')).toEqual([[1, { text: ' masked ' }]])
    expect(heard).toEqual([{ text: 'masked' }])
  })

  test('stamps meta, keeps the data of the sender, and null removes the meta of the sender', async () => {
    const answers = [{ meta: { checked: true } }, { meta: null }, { data: 2 }]
    const s = stage({
      path,
      authorize: ({ action }) => (action === 'send' ? (answers.shift() ?? true) : true),
    })
    const alice = await s.client('alice')

    for (const n of [0, 1, 1]) await alice.request('send', '#a', 'say', n, { own: 1 })

    const { messages } = await s.settled(s.hub.to('#a').history())
    expect(messages.map(({ data, meta }) => [data, meta])).toEqual([
      [0, { checked: true }],
      [1, null],
      [2, { own: 1 }],
    ])
  })

  test('a repetition of the sender is recognised by what it has sent, not by what is stored (P-PB-2)', async () => {
    let stamp = 0
    const s = stage({ path, authorize: ({ action }) => (action === 'send' ? { data: ++stamp } : true) })
    const alice = await s.client('alice')
    await alice.call(['send', 7, '#a', 'say', 'x'])

    expect(await alice.call(['send', 7, '#a', 'say', 'x'])).toMatchObject({ result: { at: 1, dup: true } })

    expect(stamp).toBe(1)
  })

  test('replaces the data of a cast', async () => {
    const s = stage({ path, authorize: ({ action }) => (action === 'cast' ? { data: 'masked' } : true) })
    const [alice, bob] = [await s.client('alice'), await s.client('bob')]
    await bob.request('join', '#a')

    await alice.say(['cast', '#a', 'typing', 'rude'])

    expect(bob.frames('cast').map((frame) => frame[3])).toEqual(['masked'])
  })

  test.each([
    ['data that does not fit the contract', { data: { text: 1 } }, 'bad_payload'],
    ['a part that does not exist', { text: 'x' }, 'internal'],
    ['meta that cannot be sent', { meta: { $x: 1 } }, 'internal'],
  ])('refuses %s, and stores nothing', async (_, answer, code) => {
    const s = stage({
      path,
      contract: chat,
      authorize: ({ action }: AuthorizeRequest) => (action === 'send' ? answer : true),
    } as never)
    const alice = await s.client('alice')

    expect(outcome(await alice.request('send', '#a', 'say', { text: 'x' }))).toBe(code)

    expect((await s.settled(s.hub.to('#a').history())).messages).toEqual([])
  })

  test('of an operation without content is a mistake, which is reported, and the operation is refused', async () => {
    const s = stage({ path, authorize: () => ({ data: 1 }) })
    const alice = await s.client('alice')

    expect(outcome(await alice.request('join', '#a'))).toBe('internal')

    expect(s.faults).toEqual([expect.stringContaining("only 'send' and 'cast' have content to replace")])
  })
})
