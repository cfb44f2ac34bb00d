import { MemoryBackplane, MemoryStore } from '@chat/core/memory'
import { expect, test } from 'vitest'
import { fast } from '../../../../test-support/fast.ts'
import { numbers, startNode, throughProxy } from '../support/through-proxy.ts'

test('when a node crashes, its clients continue at another node that shares the log, and miss no message (F7)', async () => {
  const store = new MemoryStore(fast)
  const first = new MemoryBackplane(store)
  const { proxy, enter, hub } = await throughProxy({ backplane: first })
  const second = await startNode({ backplane: new MemoryBackplane(store) })
  const [alice, bob] = [await enter('alice'), await enter('bob')]
  for (const i of numbers(5)) await alice.say(i)
  let stored = 0
  hub.on('say', () => {
    if (++stored < 3) return
    proxy.target = second.port
    proxy.reset()
    first.crash()
  })

  const sent = numbers(10).map((i) => alice.say(i + 5))

  expect(new Set(await Promise.all(sent))).toEqual(new Set(['ok']))
  for (const guest of [alice, bob]) expect(await guest.hears(15)).toEqual(numbers(15))
  expect(second.connects.map(({ resumed }) => resumed)).toEqual([true, true])
})

test('a hub that returns with a new log gives a gap of the reason epoch (F14)', async () => {
  const { proxy, enter } = await throughProxy()
  const bob = await enter('bob')
  await bob.say('old')
  const second = await startNode()
  for (const i of numbers(3)) await second.hub.to('#lobby').send('say', i)

  proxy.target = second.port
  proxy.reset()
  await bob.hears(2)
  await second.hub.to('#lobby').send('say', 'new')

  expect(await bob.hears(3)).toEqual(['old', 'gap: epoch', 'new'])
  expect(second.connects).toEqual([{ user: 'bob', resumed: false }])
})
