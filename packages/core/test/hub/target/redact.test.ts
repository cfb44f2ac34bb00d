import { UsageError } from '@chat/core'
import { describe, expect, test } from 'vitest'
import { altered, paths, stage } from '../../support/stage.ts'

describe.each(paths)('hub.to(address).redact(), with a backplane that is %s', (path) => {
  test('empties a message, which keeps its place, id, time and sender', async () => {
    const s = stage({ path })
    const alice = await s.client('alice')
    await alice.request('send', '#a', 'say', 'secret', { tag: 'x' })
    await alice.request('send', '#a', 'say', 'later')
    const [before] = (await s.settled(s.hub.to('#a').history())).messages
    if (before === undefined) throw new Error('there is no message')

    expect(await s.settled(s.hub.to('#a').redact(before.position))).toBe(true)

    const { messages } = await s.settled(s.hub.to('#a').history())
    expect(messages[0]).toEqual({ ...before, event: '$redacted', data: null, meta: null })
    expect(messages[1]?.data).toBe('later')
  })

  test('a client that joins afterwards gets no copy that a node still held', async () => {
    const s = stage({ path })
    s.another()
    const reader = await s.client('reader', {}, 2)
    await reader.request('join', '#a')
    const [start, secret] = await s.publish('#a', 0, 'classified')

    await s.settled(s.hub.to('#a').redact(secret?.position as never))
    const late = await s.client('late', {}, 2)
    await late.request('join', '#a', { since: start?.position })

    expect(reader.messages('#a').map(([, data]) => data)).toEqual([0, 'classified'])
    expect(JSON.stringify(late.frames())).not.toContain('classified')
  })

  test('is false for a message that the log does not have', async () => {
    const s = stage({ path })
    const [sent] = await s.publish('#a', 1)
    const [epoch = '', at = 0, id = ''] = sent?.position ?? []
    for (const position of [
      [epoch, at + 1, id] as const,
      [epoch, at, 'other.1'] as const,
      ['old', at, id] as const,
    ])
      expect(await s.settled(s.hub.to('#a').redact(position))).toBe(false)
  })
})

test('is unavailable while the log is out of reach', async () => {
  const cause = new Error('out of reach')
  const s = stage({
    wrap: (backplane) =>
      altered(backplane, {
        redact: () => {
          throw cause
        },
      }),
  })
  await expect(s.hub.to('#a').redact(['e', 1, 'x.1'])).rejects.toMatchObject({ code: 'unavailable', cause })
})

test.each([[undefined], ['x.1'], [['e', 0, null]], [['e', 1]]])(
  'rejects %j, which is no position',
  async (value) => {
    await expect(
      stage()
        .hub.to('#a')
        .redact(value as never),
    ).rejects.toBeInstanceOf(UsageError)
    await expect(stage().hub.to('~s1234567').redact(['e', 1, 'x.1'])).rejects.toBeInstanceOf(UsageError)
  },
)
