import { describe, expect, test } from 'vitest'
import { deferred, paths, type Stage, stage } from '../../support/stage.ts'

/** A hub whose policy answers when the test says so, in any order. */
function slow(path: (typeof paths)[number]) {
  const asked: { what: string; answer: (allowed: boolean) => void }[] = []
  const s: Stage = stage({
    path,
    authorize: ({ action, address, data }) => {
      const { promise, resolve } = deferred<boolean>()
      asked.push({
        what: [action, address, data].filter((part) => part !== undefined).join(' '),
        answer: resolve,
      })
      return promise
    },
  })
  return { s, asked }
}

describe.each(paths)('the order of operations, with a backplane that is %s', (path) => {
  test('P-PB-4: the log holds the messages of a session in the order in which it wrote them', async () => {
    const s = stage({ path, authorize: () => true })
    const [alice, bob] = [await s.client('alice'), await s.client('bob')]
    for (let i = 1; i <= 30; i++) {
      alice.write(['send', i, '#a', 'say', `alice ${i}`])
      bob.write(['send', i, '#a', 'say', `bob ${i}`])
    }
    await s.settle()
    const read = await alice.request('read', '#a', { after: 0, limit: 100 })
    const { messages } = (read.ok ? read.result : {}) as { messages: unknown[][] }
    for (const name of ['alice', 'bob']) {
      const own = messages.map((frame) => String(frame[4])).filter((text) => text.startsWith(name))
      expect(own).toEqual(Array.from({ length: 30 }, (_, i) => `${name} ${i + 1}`))
    }
  })

  test('P-PB-9: a join with a slow policy and the sends behind it take effect in the order they were written', async () => {
    const { s, asked } = slow(path)
    const alice = await s.client('alice')
    await alice.say(
      ['send', 1, '#a', 'say', 'first'],
      ['join', 2, '#a'],
      ['send', 3, '#a', 'say', 'second'],
      ['read', 4, '#a'],
      ['leave', 5, '#a'],
      ['send', 6, '#a', 'say', 'third'],
    )
    for (let i = 0; i < 5; i++) {
      expect(asked).toHaveLength(i + 1)
      asked[i]?.answer(true)
      await s.settle()
    }
    expect(asked.map(({ what }) => what)).toEqual([
      'send #a first',
      'join #a',
      'send #a second',
      'read #a',
      'send #a third',
    ])
    expect(alice.answered()).toEqual([1, 2, 3, 4, 5, 6])
    expect(alice.messages('#a').map(([, data]) => data)).toEqual(['second'])
    expect(JSON.stringify(alice.answer(4))).toMatch(/first.*second/)
  })

  test('P-PB-9: operations on other addresses do not wait', async () => {
    const { s, asked } = slow(path)
    const alice = await s.client('alice')
    await alice.say(['send', 1, '#a', 'say', 'slow'], ['send', 2, '#b', 'say', 'fast'], ['join', 3, '#c'])
    expect(asked.map(({ what }) => what)).toEqual(['send #a slow', 'send #b fast', 'join #c'])
    asked[1]?.answer(true)
    asked[2]?.answer(true)
    await s.settle()
    expect(alice.answered().toSorted()).toEqual([2, 3])
  })

  test('P-PB-9: a cast keeps its place among them', async () => {
    const { s, asked } = slow(path)
    const [alice, bob] = [await s.client('alice'), await s.client('bob')]
    bob.write(['join', 1, '#a'])
    await s.settle()
    asked[0]?.answer(true)
    await s.settle()
    await alice.say(['send', 1, '#a', 'say', 'first'], ['cast', '#a', 'say', 'second'])
    expect(asked.map(({ what }) => what)).toEqual(['join #a', 'send #a first'])
    asked[1]?.answer(true)
    await s.settle()
    asked[2]?.answer(true)
    await s.settle()
    expect(bob.frames('cast')).toHaveLength(1)
  })

  test('P-PB-9: a presence operation waits for earlier operations too', async () => {
    const { s, asked } = slow(path)
    const alice = await s.client('alice')
    await alice.say(['join', 1, '#a'], ['who', 2, '#a'], ['state', 3, '#a', null])
    expect(alice.answered()).toEqual([])
    asked[0]?.answer(true)
    await s.settle()
    expect(alice.answered()).toEqual([1, 2, 3])
  })

  test('P-PB-9: a policy that never answers is given up after ten seconds, and the waiting operations go on', async () => {
    const s = stage({
      path,
      authorize: ({ data }) => (data === 'stuck' ? deferred<boolean>().promise : true),
    })
    const alice = await s.client('alice')
    await alice.say(['send', 1, '#a', 'say', 'stuck'], ['send', 2, '#a', 'say', 'next'])
    await s.advance(9_000)
    expect(alice.answered()).toEqual([])
    await s.advance(2_000)
    expect(alice.answer(1)).toMatchObject({ code: 'timeout' })
    expect(alice.answer(2)).toMatchObject({ ok: true, result: { at: 1 } })
  })

  test('P-PB-4: the slow policy of one session delays no other session', async () => {
    const s = stage({
      path,
      authorize: ({ user }) => (user.id === 'slow' ? deferred<boolean>().promise : true),
    })
    const [slowpoke, bob] = [await s.client('slow'), await s.client('bob')]
    await slowpoke.say(['send', 1, '#a', 'say', 'later'])
    expect(await bob.request('send', '#a', 'say', 'now')).toMatchObject({ ok: true, result: { at: 1 } })
  })
})
