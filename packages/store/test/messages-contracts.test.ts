import { contract, type Hub } from '@chat/core'
import { messages } from '@chat/store'
import { world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { chat, enter, only, states, texts } from './support/chat.ts'
import { open } from './support/open.ts'

/** The contract of a page that was loaded before the server was renewed. */
const before = contract({ events: { say: z.string().max(10), wave: z.string() } })
type Before = typeof before

describe('a page whose contract is older than that of the server', () => {
  test('leaves out what its contract forbids, tells of it, and goes on', () =>
    world({ seed: 1 }, async (w) => {
      const hub = w.hub({ ...open, contract: chat })
      const bob = await enter(w, hub, 'bob')
      await bob.send('say', 'much longer than before')
      await bob.send('say', 'short')
      const client = await w.client<Before>(hub as unknown as Hub<Before>, 'alice', { contract: before })
      const errors: string[] = []
      client.on('$error', ({ error }) => errors.push(String(error)))
      const list = messages(client.join('#a'), 'say')
      list.subscribe(() => {})
      await w.advance('2s')
      await bob.send('say', 'even longer than that')
      await bob.send('note', { title: 'unknown to the page' })
      await bob.send('say', 'later')
      await w.advance('2s')
      expect(texts(list.snapshot())).toEqual(['short', 'later'])
      expect(list.snapshot()).toMatchObject({ state: 'live', error: null })
      expect(errors.filter((text) => text.includes('say'))).not.toEqual([])
    }))

  test('is told what the server does not take, and what the page itself forbids', () =>
    world({ seed: 1 }, async (w) => {
      const hub = w.hub({ ...open, contract: chat })
      const client = await w.client<Before>(hub as unknown as Hub<Before>, 'alice', { contract: before })
      const list = messages(client.join('#a'), ['say', 'wave'])
      list.subscribe(() => {})
      await w.advance('1s')
      list.send('wave', 'hello')
      list.send('say', 'longer than the page allows')
      list.send('say', 'fine')
      await w.advance('2s')
      expect(states(list.snapshot())).toEqual(['stored', 'refused', 'refused'])
      const [, wave, long] = list.snapshot().items
      expect(wave).toMatchObject({ data: 'hello', error: { message: expect.stringContaining('wave') } })
      expect(long).toMatchObject({ error: { message: expect.stringContaining('say') } })
      for (const item of [wave, long]) if (item && item.event !== '$gap') list.discard(item)
      expect(only(texts(list.snapshot()))).toBe('fine')
    }))
})
