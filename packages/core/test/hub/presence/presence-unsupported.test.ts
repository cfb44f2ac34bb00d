import { describe, expect, test } from 'vitest'
import { outcome, paths, stage } from '../../support/stage.ts'

describe.each(paths)(
  'presence operations in a room without presence, with a backplane that is %s',
  (path) => {
    test.each([
      ['who', ['who', 2, '#a']],
      ['who with a page', ['who', 2, '#a', { after: 's', limit: 5 }]],
      ['state', ['state', 2, '#a', { mood: 'fine' }]],
    ])('P-PR-6: %s is unsupported, joined or not', async (_, frame) => {
      const s = stage({ path })
      const alice = await s.client('alice')
      await alice.say(frame)
      expect(outcome(alice.answer(2))).toBe('unsupported')
      await alice.request('join', '#a')
      await alice.say(frame)
      expect(outcome(alice.answer(2))).toBe('unsupported')
    })

    test.each([
      ['@bob', 'forbidden'],
      ['~someone', 'forbidden'],
      ['nowhere', 'bad_request'],
      ['*', 'unsupported'],
      ['@alice', 'unsupported'],
    ])('P-PR-6: at %s who and state are %s', async (address, code) => {
      const s = stage({ path })
      const alice = await s.client('alice')
      expect(outcome(await alice.request('who', address))).toBe(code)
      expect(outcome(await alice.request('state', address, null))).toBe(code)
    })

    test('P-PR-1: the answer to a join carries no members, and no client is told', async () => {
      const s = stage({ path })
      const [alice, bob] = [await s.client('alice'), await s.client('bob')]
      await alice.request('join', '#a', { state: 'here' })
      const joined = await bob.request('join', '#a', { state: 'there' })
      expect(Object.keys(joined.ok ? joined.result : {}).toSorted()).toEqual([
        'at',
        'epoch',
        'id',
        'mode',
        'top',
      ])
      expect([...alice.frames('presence'), ...bob.frames('presence')]).toEqual([])
    })
  },
)
