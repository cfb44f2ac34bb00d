import type { ClientObservation } from '@chat/core'
import { messages } from '@chat/store'
import { world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { type Chat, chat, enter, scene, texts } from './support/chat.ts'

describe('messages that the server has read, in a room that is joined at their position', () => {
  test('are live without a hole, and without a read of the history', () =>
    world({ seed: 1 }, async (w) => {
      const reads: string[] = []
      const { hub } = await scene(w, [], {
        authorize: ({ action }) => {
          if (action === 'read') reads.push(action)
          return true
        },
      })
      for (let i = 1; i <= 30; i++) await hub.to('#a').send('say', `${i}`)
      const page = await hub.to('#a').history({ limit: 3 })
      const initial = JSON.parse(JSON.stringify(page)) as typeof page
      await hub.to('#a').send('say', 'between')
      const operations: ClientObservation[] = []
      const client = await w.client<Chat>(hub, 'alice', {
        contract: chat,
        observe: (fact) => fact.type === 'operation' && operations.push(fact),
      })
      const room = client.join('#a', { since: initial.position })
      const list = messages(room, 'say', { initial })
      list.subscribe(() => {})
      await hub.to('#a').send('say', 'now')
      await w.advance('5s')
      expect(texts(list.snapshot())).toEqual(['28', '29', '30', 'between', 'now'])
      await hub.to('#a').send('say', 'later')
      await w.advance('1s')
      expect(texts(list.snapshot()).at(-1)).toBe('later')
      expect([operations, reads]).toEqual([[], []])
    }))

  test('have a gap in the place of what the log has lost since', () =>
    world({ seed: 1 }, async (w) => {
      const { hub } = await scene(w, [])
      await hub.to('#a').send('say', 'one')
      const initial = await hub.to('#a').history({ limit: 3 })
      for (let i = 2; i <= 9; i++) await hub.to('#a').send('say', `${i}`)
      w.backplane.trim('#a', 2)
      const client = await w.client<Chat>(hub, 'alice', { contract: chat })
      const list = messages(client.join('#a', { since: initial.position }), 'say', { initial })
      list.subscribe(() => {})
      await w.advance('5s')
      expect(texts(list.snapshot())).toEqual(['one', '[trimmed]', '8', '9'])
    }))

  test('stay where the client is, when it has a position of its own', () =>
    world({ seed: 1 }, async (w) => {
      const { hub } = await scene(w, [])
      for (const text of ['one', 'two', 'three']) await hub.to('#a').send('say', text)
      const [first] = (await hub.to('#a').history()).messages
      const initial = await hub.to('#a').history()
      const positions = first === undefined ? {} : { '#a': first.position }
      const client = await w.client<Chat>(hub, 'alice', { contract: chat, positions })
      const room = client.join('#a', { since: initial.position })
      const heard: string[] = []
      room.on('say', (text) => heard.push(text))
      const list = messages(room, 'say', { initial })
      list.subscribe(() => {})
      await w.advance('1s')
      await hub.to('#a').send('say', 'four')
      await w.advance('1s')
      expect(heard).toEqual(['two', 'three', 'four'])
      expect(texts(list.snapshot())).toEqual(['one', 'two', 'three', 'four'])
    }))
})

test('messages of the history of a hub, of which one was written again, are shown once', () =>
  world({ seed: 1 }, async (w) => {
    const { hub } = await scene(w, [])
    const bob = await enter(w, hub, 'bob')
    let first = ''
    await bob.send('say', 'twice', { onId: (id) => (first = id) })
    await bob.send('say', 'between')
    await bob.send('say', 'twice', { meta: { again: first } })
    const initial = await hub.to('#a').history()
    expect(initial.messages.map(({ data, meta }) => [data, meta])).toEqual([
      ['twice', null],
      ['between', null],
      ['twice', { again: first }],
    ])
    const list = messages(await enter(w, hub, 'alice'), 'say', { initial })
    expect(texts(list.snapshot())).toEqual(['twice', 'between'])
    const newest = messages(await enter(w, hub, 'carol'), 'say', { last: 1 })
    newest.subscribe(() => {})
    await w.advance('1s')
    void newest.older(10)
    await w.advance('1s')
    expect(texts(newest.snapshot())).toEqual(['between', 'twice'])
  }))
