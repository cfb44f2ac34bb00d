import { MemoryBackplane, MemoryStore } from '@chat/core/memory'
import { expect, test, vi } from 'vitest'
import { fast } from '../../../../test-support/fast.ts'
import { numbers, startNode, throughProxy } from '../support/through-proxy.ts'

test('in a rolling restart all clients move on, in the same session: no send fails, and no message is missing (F9, P-LV-5)', async () => {
  const store = new MemoryStore(fast)
  const { proxy, enter, hub } = await throughProxy({ backplane: new MemoryBackplane(store) })
  const second = await startNode({ backplane: new MemoryBackplane(store) })
  const names = numbers(8).map((i) => `guest-${i}`)
  const guests = await Promise.all(names.map((name) => enter(name)))
  const [speaker] = guests

  const sent = numbers(10).map((i) => speaker?.say(i))
  proxy.target = second.port
  const closed = hub.close({ deadline: 8_000 })
  for (let i = 10; hub.sessions.length > 0; i++) {
    sent.push(speaker?.say(i))
    await sent.at(-1)
  }
  await closed

  expect(new Set(await Promise.all(sent))).toEqual(new Set(['ok']))
  for (const guest of guests) expect(await guest.hears(sent.length)).toEqual(numbers(sent.length))
  const resumed = (): boolean[] => second.connects.map((connect) => connect.resumed)
  await vi.waitFor(() => expect(resumed()).toEqual(Array(8).fill(true)), { timeout: 5_000, interval: 5 })
})
