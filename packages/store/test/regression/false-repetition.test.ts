import { messages } from '@chat/store'
import { world } from '@chat/testing'
import { expect, test } from 'vitest'
import { type Chat, only, scene, texts } from '../support/chat.ts'

test('a message that claims to repeat the next message of another user does not hide it', () =>
  world({ seed: 1 }, async (w) => {
    const { rooms } = await scene(w, ['alice', 'mallory'])
    const [alice, mallory] = rooms as [(typeof rooms)[number], (typeof rooms)[number]]
    const lists = rooms.map((room) => messages<Chat, 'say'>(room, 'say'))
    for (const list of lists) list.subscribe(() => {})
    await alice.send('say', 'first')
    await w.advance('1s')
    const item = only(lists[1]?.snapshot().items ?? [])
    const [session, ref] = (item.event === 'say' ? (item.id ?? '') : '').split('.')
    for (let next = 1; next < 5; next++)
      await mallory.send('say', 'mine', { meta: { again: `${session}.${Number(ref) + next}` } })
    lists[0]?.send('say', 'second')
    await w.advance('2s')
    for (const list of lists)
      expect(texts(list.snapshot())).toEqual(['first', 'mine', 'mine', 'mine', 'mine', 'second'])
  }))
