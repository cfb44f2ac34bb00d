import { MemoryStore } from '@chat/core/memory'
import { VirtualTime } from '@chat/testing'
import { expect, test } from 'vitest'

/** Data of 20 KB. */
const data = JSON.stringify('x'.repeat(20_000))

test('P-SM-10: a full store forgets the streams that have ended first, each as a whole', () => {
  const store = new MemoryStore(new VirtualTime(1).runtime('store'), { bytes: 300_000 })
  let ref = 0
  const append = (address: string, event = 'answer'): void => {
    const message = { event, data, meta: null, from: null, id: `node.${++ref}`, keep: 60_000 }
    const { keep: _, ...part } = message
    const key = { user: '', session: 'node', ref, hash: String(ref), window: 4, by: 'node' }
    store.append(address, event === '$end' ? message : part, key)
  }
  const [open, ended] = ['^abcdefgh.1/#a', '^abcdefgh.2/#a']
  // The open stream and the room were written longer ago.
  append('#quiet')
  append(open)
  append(open)
  append(ended)
  append(ended, '$end')
  const left = (): number[] =>
    [open, '#quiet', ended].map((address) => store.read(address, { after: 0, limit: 9 }).entries.length)
  expect(left()).toEqual([2, 1, 2])
  for (let n = 0; n < 30 && left()[2] === 2; n++) append('#busy')
  expect(left()).toEqual([2, 1, 0])
})
