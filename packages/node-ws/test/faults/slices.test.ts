import { systemRuntime } from '@chat/core'
import { expect, test } from 'vitest'
import { numbers, throughProxy } from '../support/through-proxy.ts'

test.each([1, 3])(
  'bytes that arrive in slices of %d, both ways, give the same conversation',
  async (slice) => {
    const { proxy, enter, hub } = await throughProxy({ runtime: systemRuntime })
    for (const way of [proxy.up, proxy.down]) Object.assign(way, { slice, latency: 2 })
    const [alice, bob] = [await enter('alice'), await enter('bob')]

    const sent = numbers(10).map((i) => alice.say(`${i} ä€😀`))
    await hub.to('@bob').send('dm', 'psst')

    expect(await Promise.all(sent)).toEqual(Array(10).fill('ok'))
    expect(await bob.hears(10)).toEqual(numbers(10).map((i) => `${i} ä€😀`))
    expect([alice.statuses, bob.statuses]).toEqual([['connected'], ['connected']])
  },
)
