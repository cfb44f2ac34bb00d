import { describe, expect, test } from 'vitest'
import { play } from '../../support/fake-hub.ts'

describe('a cast', () => {
  test('goes out with its key, and never waits', () =>
    play(async (stage) => {
      const client = stage.client()
      client.to('#a').cast('typing', 'too early')
      await stage.settle()
      client.to('#a').cast('typing', true, { key: 'k' })
      client.to('#a').cast('typing', undefined)
      await stage.settle()
      expect(stage.hub.at().of('cast')).toEqual([
        ['cast', '#a', 'typing', true, { key: 'k' }],
        ['cast', '#a', 'typing', null],
      ])
    }))
})
