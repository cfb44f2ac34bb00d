import { expect, test } from 'vitest'
import { faster } from '../../../../test-support/fast.ts'
import { numbers, throughProxy } from '../support/through-proxy.ts'

const pace = 40

test('a backlog that takes a slow link longer than the hub’s timeout arrives whole, and no peer is taken for dead (N-02, P-LV-1)', async () => {
  const { proxy, enter, hub, codes } = await throughProxy({
    runtime: faster(pace),
    timeouts: { heartbeat: 10_000, heartbeatGrace: 10_000 },
  })
  const bob = await enter('bob', { connectTimeout: 10_000 })
  proxy.refusing = true
  proxy.reset()
  await bob.reaches('reconnecting')
  const all = numbers(40).map((i) => `${i} ${'x'.repeat(1_000)}`)
  for (const data of all) await hub.to('#lobby').send('say', data)

  // A kilobyte a second.
  proxy.down.bandwidth = pace * 1_000
  proxy.refusing = false

  expect(await bob.hears(all.length)).toEqual(all)
  expect(codes).not.toContain(4012)
})
