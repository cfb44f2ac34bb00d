import { describe, expect, test } from 'vitest'
import { outcome, paths, stage } from '../../support/stage.ts'

const bad = ['', '$error', '$', 'a'.repeat(129), 'ä'.repeat(65), 'a\nb', 'a\u0000', 'a\u007f', 'a\u0085']
const good = [
  'a',
  'a'.repeat(128),
  'ä'.repeat(64),
  'a$',
  'error',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  ' ',
]

describe.each(paths)('names of events, with a backplane that is %s', (path) => {
  test.each(bad)(
    'P-PB-10: a send or call of %j is bad_request, a cast is dropped and counted',
    async (event) => {
      const s = stage({ path })
      const alice = await s.client('alice')
      await alice.request('join', '#a')
      await alice.say(['send', 2, '#a', event, 1], ['call', 3, event, 1], ['cast', '@alice', event, 1])
      expect([2, 3].map((ref) => outcome(alice.answer(ref)))).toEqual(['bad_request', 'bad_request'])
      expect(s.hub.counters.droppedCasts).toBe(1)
      expect(alice.messages('#a')).toEqual([])
    },
  )

  test.each(good)('P-PB-10: %j is the name of an event like any other', async (event) => {
    const s = stage({ path })
    const told: unknown[] = []
    s.hub.on(event, (data) => told.push(data))
    const [alice, bob] = [await s.client('alice'), await s.client('bob')]
    await bob.request('join', '#a')
    await alice.say(['send', 1, '#a', event, 'sent'])
    await alice.say(['cast', '#a', event, 'cast'])
    expect(bob.frames().filter(([type]) => type === 'msg' || type === 'cast')).toMatchObject([
      ['msg', '#a', 1, event, 'sent', 'alice', `${alice.id}.1`, expect.any(Number)],
      ['cast', '#a', event, 'cast', 'alice', alice.id],
    ])
    expect(told).toEqual(['sent', 'cast'])
  })

  test('P-PB-10, SEC-16: the hub’s own events cannot be forged', async () => {
    const s = stage({ path })
    const told: unknown[] = []
    for (const event of ['$connect', '$error', '$join'] as const)
      s.hub.on(event, (what: unknown) => told.push(what))
    const alice = await s.client('alice')
    told.length = 0
    await alice.say(['send', 1, '#a', '$connect', {}], ['cast', '#a', '$error', {}], ['call', 2, '$join', {}])
    expect(told).toEqual([])
  })
})
