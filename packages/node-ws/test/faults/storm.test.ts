import { systemRuntime } from '@chat/core'
import { expect, test } from 'vitest'
import { numbers, throughProxy } from '../support/through-proxy.ts'

test('a hundred clients that are cut off at once all return, one by one, and miss no message (F26)', async () => {
  const { proxy, enter, hub, connects } = await throughProxy({ runtime: systemRuntime })
  const guests = await Promise.all(numbers(100).map((i) => enter(`guest-${i}`)))

  proxy.reset()
  for (const i of numbers(10)) await hub.to('#lobby').send('say', i)

  for (const guest of guests) expect(await guest.hears(10)).toEqual(numbers(10))
  expect(connects.slice(100).every(({ resumed }) => resumed)).toBe(true)
  expect(connects).toHaveLength(200)
})
