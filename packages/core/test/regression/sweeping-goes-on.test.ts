import { MemoryBackplane, MemoryStore } from '@chat/core/memory'
import { VirtualTime } from '@chat/testing'
import { expect, test } from 'vitest'

test('P-HS-6: when one node of several closes, the store they share still lets go of what has expired', async () => {
  const time = new VirtualTime()
  const store = new MemoryStore(time.runtime('store'))
  const [first, second] = [new MemoryBackplane(store), new MemoryBackplane(store)]
  second.tail('#a', () => {})
  const key = { user: 'alice', session: 'session1', ref: 1, hash: 'h', window: 64, by: 'node' }
  await first.append('#a', { event: 'say', data: '1', meta: null, from: 'alice', id: 'session1.1' }, key)
  await first.sessions.put({ id: 'session1', user: 'alice', secret: 's' }, 'node', 120_000)
  await first.close()
  await time.advance(300_000)
  expect(store.usage).toMatchObject({ sessions: 0, keys: 0 })
  await second.close()
  expect(time.pending).toBe(0)
})
