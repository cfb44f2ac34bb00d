import { expect, test } from 'vitest'
import { fast } from '../../../../test-support/fast.ts'
import { numbers, throughProxy } from '../support/through-proxy.ts'

// A frame's header, its middle, and the border between two frames.
const cuts = [1, 2, 3, 7, 40, 99, 500, 501]

test.each(['up', 'down'] as const)(
  'a connection that is cut in the middle of a frame loses and doubles no message (%s)',
  async (way) => {
    const { proxy, enter } = await throughProxy({ runtime: fast, limits: { resumeBurst: 100 } })
    const [alice, bob] = [await enter('alice'), await enter('bob')]

    for (const [i, cut] of cuts.entries()) {
      proxy[way].cutAfter = cut
      expect(await alice.say(`${i} ${'x'.repeat(300)}`)).toBe('ok')
    }

    for (const guest of [alice, bob])
      expect((await guest.hears(cuts.length)).map((data) => Number.parseInt(String(data), 10))).toEqual(
        numbers(cuts.length),
      )
    expect(proxy.accepted).toBeGreaterThan(2 + cuts.length / 2)
  },
)
