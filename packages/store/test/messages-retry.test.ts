import { messages } from '@chat/store'
import { type World, world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { enter, only, scene, states, texts } from './support/chat.ts'

/** A message of alice whose outcome is uncertain. `stored` tells if the log has it. */
async function uncertain(w: World, stored: boolean, more: () => Promise<void> = async () => {}) {
  const { hub, clients, rooms } = await scene(w, ['alice'])
  const [client, room] = [only(clients), only(rooms)]
  const list = messages(room, 'say')
  const undo = list.subscribe(() => {})
  await hub.to('#a').send('say', 'before')
  await w.advance('1s')
  // Nothing comes back, or nothing gets there, until the client gives the message up after a minute.
  w.link(client).stall('2m', stored ? 'down' : 'up')
  const item = list.send('say', 'mine')
  await w.advance('1s')
  await more()
  w.link(client).cut('70s')
  return { hub, client, room, list, item, undo }
}

describe('a message of which it is not known if it was stored', () => {
  test('is shown as uncertain, and sent again when the log does not have it', () =>
    world({ seed: 1 }, async (w) => {
      const { hub, list, item } = await uncertain(w, false)
      await w.advance('65s')
      expect(states(list.snapshot())).toEqual(['stored', 'uncertain'])
      await w.advance('3m')
      await hub.to('#a').send('say', 'after')
      await w.advance('1s')
      expect(texts(list.snapshot())).toEqual(['before', 'after', 'mine'])
      list.retry(item)
      list.retry(item)
      await w.advance('10s')
      expect(texts(list.snapshot())).toEqual(['before', 'after', 'mine'])
      expect(new Set(states(list.snapshot()))).toEqual(new Set(['stored']))
      const late = messages(await enter(w, hub, 'bob'), 'say')
      late.subscribe(() => {})
      await w.advance('1s')
      expect(texts(late.snapshot())).toEqual(['before', 'after', 'mine'])
    }))

  test('is stored in the end when the log has it, without another send', () =>
    world({ seed: 1 }, async (w) => {
      const { hub, list, item } = await uncertain(w, true)
      await w.advance('65s')
      expect(states(list.snapshot())).toEqual(['stored', 'uncertain'])
      list.retry(item)
      await w.advance('2m')
      expect(states(list.snapshot())).toEqual(['stored', 'stored'])
      const { messages: all } = await hub.to('#a').history()
      expect(all.map(({ data }) => data)).toEqual(['before', 'mine'])
    }))

  test('is found in the log by a list that has no listeners', () =>
    world({ seed: 1 }, async (w) => {
      const { hub, list, item, undo } = await uncertain(w, true)
      undo()
      await w.advance('65s')
      expect(states(list.snapshot())).toEqual(['stored', 'uncertain'])
      for (let i = 0; i < 300; i++) await hub.to('#a').send('say', `${i}`)
      await w.advance('1m')
      list.retry(item)
      await w.advance('10s')
      expect(states(list.snapshot())).toEqual(['stored', 'stored'])
      list.subscribe(() => {})
      await w.advance('10s')
      expect(texts(list.snapshot())).toEqual([
        'before',
        'mine',
        ...Array.from({ length: 300 }, (_, i) => `${i}`),
      ])
      const { messages: all } = await hub.to('#a').history({ limit: 1_000 })
      expect(all.length).toBe(302)
    }))

  test('stays uncertain while the log cannot be asked', () =>
    world({ seed: 1 }, async (w) => {
      const { client, list, item } = await uncertain(w, false)
      await w.advance('65s')
      client.close()
      list.retry(item)
      await w.advance('1s')
      expect(states(list.snapshot())).toEqual(['stored', 'uncertain'])
      list.discard(item)
      expect(states(list.snapshot())).toEqual(['stored'])
    }))

  test('stays uncertain when the log has forgotten the part that would have it', () =>
    world({ seed: 1 }, async (w) => {
      const { hub, list, item } = await uncertain(w, false)
      for (let i = 0; i < 5; i++) await hub.to('#a').send('say', `${i}`)
      w.backplane.trim('#a', 1)
      await w.advance('2m')
      list.retry(item)
      await w.advance('10s')
      expect(states(list.snapshot()).at(-1)).toBe('uncertain')
      expect(list.snapshot().items.at(-1)).toMatchObject({ error: { code: 'unavailable' } })
    }))

  test('is shown once when it was sent again, and the first attempt arrives after all', () =>
    world({ seed: 1 }, async (w) => {
      const { hub } = await scene(w, [])
      const list = messages(await enter(w, hub, 'alice'), 'say')
      list.subscribe(() => {})
      const bob = await enter(w, hub, 'bob')
      let first = ''
      await bob.send('say', 'twice', { onId: (id) => (first = id) })
      await bob.send('say', 'twice', { meta: { again: first } })
      let late = ''
      w.link((await w.client(hub, 'carol')) as never)
      await bob.send('say', 'other', { meta: { again: 'unknown.1' }, onId: (id) => (late = id) })
      await w.advance('1s')
      expect(texts(list.snapshot())).toEqual(['twice', 'other'])
      const mallory = await enter(w, hub, 'mallory')
      await mallory.send('say', 'hidden?', { meta: { again: late } })
      await w.advance('1s')
      expect(texts(list.snapshot())).toEqual(['twice', 'other', 'hidden?'])
    }))
})
