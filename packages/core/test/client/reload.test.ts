import { world } from '@chat/testing'
import { describe, expect, test } from 'vitest'

const rooms = Array.from({ length: 90 }, (_, i) => `#room${i}` as const)

describe('pages of one user that are reloaded together', () => {
  test.each([1, 2, 3])(
    'six tabs with 90 rooms each, and what pages ask for at their start (seed %i)',
    (seed) =>
      world({ seed, latency: [5, 80] }, async (w) => {
        const hub = w.hub({ authenticate: () => ({ id: 'alice' }), authorize: () => true })
        hub.handle('profile', () => ({ name: 'Alice' }))
        for (let reload = 0; reload < 3; reload++) {
          const tabs = await Promise.all(Array.from({ length: 6 }, (_, i) => w.client(hub, `tab${i}`)))
          const started = tabs.flatMap((tab) => [
            ...rooms.map((room) => tab.join(room).ready),
            ...rooms.slice(0, 20).map((room) => tab.history(room)),
            tab.call('profile', null),
            tab.to('#room0').send('hello', reload),
          ])
          const since = w.now
          await Promise.all(started)
          expect(w.now - since).toBeLessThan(20_000)
          for (const tab of tabs) tab.close()
        }
      }),
  )
})
