import { messages } from '@chat/store'
import { world } from '@chat/testing'
import { expect, test } from 'vitest'
import { only, scene } from './support/chat.ts'

test('a snapshot has new objects for what has changed only', () =>
  world({ seed: 1 }, async (w) => {
    const { hub, rooms } = await scene(w, ['alice', 'bob'])
    const [alice, bob] = rooms
    if (alice === undefined || bob === undefined) throw new Error('two rooms')
    const list = messages(alice, 'say', { edits: 'edit', reactions: 'react' })
    list.subscribe(() => {})
    for (let i = 0; i < 20; i++) await bob.send('say', `${i}`)
    await w.advance('1s')
    let before = list.snapshot().items
    /** Indexes of the items that are not those of the last call. */
    const changed = (): number[] => {
      const { items } = list.snapshot()
      const found = [...items.keys()].filter((i) => items[i] !== before[i])
      before = items
      return found
    }
    const of = (before[7] as { readonly id: string }).id
    await bob.send('edit', 'edited', { meta: { of } })
    await w.advance('1s')
    expect(changed()).toEqual([7])
    await alice.send('react', { emoji: '+1', on: true }, { meta: { of } })
    await w.advance('1s')
    expect(changed()).toEqual([7])
    list.send('say', 'mine')
    expect(changed()).toEqual([20])
    await w.advance('1s')
    expect(changed()).toEqual([20])
    await hub.to('#a').send('say', 'answer', { meta: { of } })
    await w.advance('1s')
    expect(changed()).toEqual([7, 21])
    await w.advance('1m')
    expect(changed()).toEqual([])
    void list.older()
    await w.advance('1s')
    expect(changed()).toEqual([])
    expect(only(list.snapshot().items.slice(-1))).toMatchObject({ data: 'answer' })
  }))
