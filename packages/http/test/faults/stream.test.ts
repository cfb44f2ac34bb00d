import { expect, test } from 'vitest'
import { impatient } from '../../../../test-support/fast.ts'
import { throughProxy, until } from '../support/through-proxy.ts'

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

test.each([1, 40, 300, 2_000])(
  'a stream that is cut after %i bytes of events leads to a resume: each message comes once, whole, in order',
  async (bytes) => {
    const { hub, proxy, resumed, enter } = await throughProxy()
    const bob = await enter('bob')
    proxy.down.cutAfter = bytes

    for (const i of numbers(20)) await hub.to('#lobby').send('say', { i, text: 'é👋'.repeat(20) })

    await until(() => expect(bob.heard).toHaveLength(20))
    expect(bob.heard.map((data) => (data as { i: number }).i)).toEqual(numbers(20))
    expect(bob.heard[19]).toEqual({ i: 19, text: 'é👋'.repeat(20) })
    expect(resumed).toEqual([false, true])
  },
)

test('bytes that arrive singly give the same events', async () => {
  const { hub, proxy, resumed, enter } = await throughProxy()
  proxy.down.slice = 1
  const bob = await enter('bob')

  for (const i of numbers(5)) await hub.to('#lobby').send('say', `👋 ${i}\n`)

  await until(() => expect(bob.heard).toEqual(numbers(5).map((i) => `👋 ${i}\n`)))
  expect(resumed).toEqual([false])
})

test('a stream that ends normally, without a close, leads to a resume', async () => {
  const { hub, proxy, resumed, enter } = await throughProxy()
  const bob = await enter('bob')
  await hub.to('#lobby').send('say', 1)
  await until(() => expect(bob.heard).toEqual([1]))

  proxy.halfClose('down')
  await hub.to('#lobby').send('say', 2)

  await until(() => expect(bob.heard).toEqual([1, 2]))
  expect(resumed).toEqual([false, true])
})

test('a silent stream is noticed, and its missed messages come on the next', async () => {
  const { hub, proxy, enter } = await throughProxy({ timeouts: impatient })
  const bob = await enter('bob')
  proxy.strand('down')

  for (const i of numbers(5)) await hub.to('#lobby').send('say', i)

  await until(() => expect(bob.heard).toEqual(numbers(5)))
  // What the old stream has held comes late, on a connection that counts no more.
  proxy.heal()
  await hub.to('#lobby').send('say', 5)
  await until(() => expect(bob.heard).toEqual(numbers(6)))
})
