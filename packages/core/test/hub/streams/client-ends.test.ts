import { MemoryBackplane } from '@chat/core/memory'
import { expect, test } from 'vitest'
import { altered, paths, stage } from '../../support/stage.ts'

test.each(paths)(
  'the repetition of an end at another node makes sure of the result, before it is answered (P-SM-7, P-SM-12), %s',
  async (path) => {
    let dead = false
    const s = stage({
      path,
      clientStreams: ['answer'],
      wrap: (backplane) =>
        altered(backplane, {
          append: (address, message, ...rest) => {
            // The first node dies between the end and the result.
            if (dead && message.id.endsWith('.end')) throw new Error('gone')
            return backplane.append(address, message, ...rest)
          },
        }),
    })
    s.another({ backplane: new MemoryBackplane(s.store) })
    const alice = await s.client('alice')
    const head = await alice.request('send', '#a', 'answer', 'a', { stream: true })
    const address = `^${head.ok ? String(head.result['id']) : ''}/#a`
    dead = true
    await alice.say(['send', 2, address, '$end', { state: 'done' }])
    expect(alice.answer(2)).toBe(null)
    expect(s.store.read('#a', { after: 0, limit: 9 }).entries).toHaveLength(1)
    const again = await s.resume(alice, { to: 2 })
    expect(await again.call(['send', 2, address, '$end', { state: 'done' }])).toMatchObject({
      ok: true,
      result: { at: 2, dup: true },
    })
    expect(s.store.read('#a', { after: 0, limit: 9 }).entries.map(({ data }) => data)).toEqual(['"a"', '"a"'])
  },
)
