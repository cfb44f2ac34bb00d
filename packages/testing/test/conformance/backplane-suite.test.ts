import { MemoryBackplane, MemoryStore } from '@chat/core/memory'
import { describe, expect, test } from 'vitest'
import { type BackplaneHarness, backplaneCases } from '../../src/conformance/index.ts'
import { VirtualTime } from '../../src/time/virtual-time.ts'

const time = new VirtualTime()
const store = (): MemoryStore => new MemoryStore(time.runtime('store'))
const { capabilities } = new MemoryBackplane(store())

const harness: BackplaneHarness = {
  name: 'memory',
  capabilities,
  settle: () => time.advance(1),
  async start() {
    const shared = store()
    return {
      node: async () => new MemoryBackplane(shared),
      stranger: async () => new MemoryBackplane(store()),
      wallTime: () => shared.runtime.wallTime(),
      stop: async () => shared.close(),
    }
  },
}

describe('the backplane suite', () => {
  test('has a title of its own for every case', () => {
    const titles = backplaneCases(harness).map(({ name }) => name)
    expect(new Set(titles).size).toBe(titles.length)
    expect(titles.length).toBeGreaterThan(125)
  })

  test('leaves out the cases that need missing means, with the reason', () => {
    const lacks = { advance: 'time is real', rollback: 'loses no message' }
    const skips = backplaneCases({ ...harness, lacks }).filter(({ skip }) => skip !== null)
    expect(new Set(skips.map(({ skip }) => skip))).toEqual(new Set(Object.values(lacks)))
  })

  test('leaves out the cases that need abilities which the backplane does not declare', () => {
    const poor: BackplaneHarness = {
      ...harness,
      capabilities: { ...capabilities, hints: 'lossy', reverseReads: false },
    }
    const skips = backplaneCases(poor).flatMap(({ name, skip }) => (skip === null ? [] : [[name, skip]]))
    expect(skips).toEqual(
      expect.arrayContaining([
        ['every message makes a hint', 'the backplane declares that its hints are lossy'],
        [
          'reading backwards: before an offset, or the newest, oldest first',
          'the backplane declares that it lacks reverseReads',
        ],
      ]),
    )
    const connected: BackplaneHarness = { ...harness, capabilities: { ...capabilities, hints: 'connected' } }
    expect(backplaneCases(connected).filter(({ skip }) => skip !== null)).toEqual([])
  })

  test('leaves out a case by its name, and refuses a name that no case has', () => {
    const [first] = backplaneCases(harness)
    const skip = { [String(first?.name)]: 'shown elsewhere' }
    expect(backplaneCases({ ...harness, skip })[0]?.skip).toBe('shown elsewhere')
    expect(() => backplaneCases({ ...harness, skip: { 'no case': 'why' } })).toThrow(RangeError)
  })

  test('fails a case that needs means which the bench neither has nor names as missing', async () => {
    const wipes = backplaneCases(harness).find(({ name }) =>
      name.startsWith('a store that has lost all data'),
    )
    await expect(wipes?.run()).rejects.toThrow('the bench has no `wipe`: name it in `lacks`, with the reason')
  })
})
