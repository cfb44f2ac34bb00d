import type { RoomAddress } from '@chat/core'
import { expect, it } from 'vitest'
import { createSSRApp, h, nextTick, type Ref, ref } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { call } from '../../browser/test-browser/support/control.ts'
import { client, composables, eventually, startHub } from './support/chat.ts'
import { Lobby } from './support/lobby.ts'
import { openScreen } from './support/screen.ts'

type Address = RoomAddress | null

/** Component that shows the lobby of an address, or nothing for `undefined`. */
const page = (address: Ref<Address | undefined>, key: Ref<number> = ref(0)) => ({
  render: () => (address.value === undefined ? null : h(Lobby, { address: address.value, key: key.value })),
})

it('shows the past, the live and the own messages of a room, once each and in the order of the log', async () => {
  const hub = await startHub()
  await call('say', hub, '#lobby', 'say', { text: 'before' })
  const bob = client(hub, 'bob').join('#lobby')
  const screen = openScreen(page(ref('#lobby')), client(hub, 'alice'))
  await eventually(() => expect(screen.texts('li')).toEqual(['null: before (stored)']))
  await bob.send('say', { text: 'hello' })
  await eventually(() => expect(screen.texts('li')).toHaveLength(2))
  screen.click('.send')
  await eventually(() =>
    expect(screen.texts('li')).toEqual([
      'null: before (stored)',
      'bob: hello (stored)',
      'alice: hi (stored)',
    ]),
  )
})

it('shows the people in a room, and those who type', async () => {
  const hub = await startHub()
  const one = openScreen(page(ref('#lobby')), client(hub, 'alice'))
  const two = openScreen(page(ref('#lobby')), client(hub, 'bob'))
  await eventually(() => expect(one.texts('.people')[0]?.split(',').sort()).toEqual(['alice', 'bob']))
  await eventually(() => expect(two.texts('.state')).toEqual(['live']))
  two.click('.type')
  await eventually(() => expect(one.texts('.typing')).toEqual(['bob']))
  two.click('.send')
  await eventually(() => expect(one.texts('.typing')).toEqual(['']))
})

it('another address is another room, and null is none', async () => {
  const hub = await startHub()
  await call('say', hub, '#one', 'say', { text: 'in one' })
  await call('say', hub, '#two', 'say', { text: 'in two' })
  const address = ref<Address | undefined>(null)
  const screen = openScreen(page(address), client(hub, 'alice'))
  await eventually(() => expect(screen.texts('.status')).toEqual(['connected']))
  expect(screen.texts('.state')).toEqual(['joining'])
  address.value = '#one'
  await eventually(() => expect(screen.texts('li')).toEqual(['null: in one (stored)']))
  address.value = '#two'
  await eventually(() => expect(screen.texts('li')).toEqual(['null: in two (stored)']))
  address.value = null
  await eventually(() => expect(screen.texts('li')).toEqual([]))
  await eventually(async () => expect(await call('moves', hub)).toContain('-#two alice'))
})

it('a component that is made again at once keeps its room, and the last leaves it two seconds later', async () => {
  const hub = await startHub()
  const address = ref<Address | undefined>('#lobby')
  const key = ref(0)
  const screen = openScreen(page(address, key), client(hub, 'alice'))
  await eventually(() => expect(screen.texts('.state')).toEqual(['live']))
  screen.click('.send')
  await eventually(() => expect(screen.texts('li')).toEqual(['alice: hi (stored)']))
  key.value++
  await nextTick()
  expect(screen.texts('li')).toEqual(['alice: hi (stored)'])
  address.value = undefined
  await nextTick()
  expect(await call('moves', hub)).toEqual(['+#lobby alice'])
  await eventually(async () => expect(await call('moves', hub)).toEqual(['+#lobby alice', '-#lobby alice']))
})

it('a client may come later, and go', async () => {
  const hub = await startHub()
  const given = ref<ReturnType<typeof client> | null>(null)
  const screen = openScreen(page(ref('#lobby')), given as Ref<ReturnType<typeof client> | null>)
  expect(screen.texts('.status')).toEqual(['connecting'])
  given.value = client(hub, 'alice')
  await eventually(() => expect(screen.texts('.state')).toEqual(['live']))
  given.value = null
  await eventually(() => expect(screen.texts('.state')).toEqual(['joining']))
})

it('a page takes over what a server has rendered', async () => {
  const hub = await startHub()
  const component = page(ref('#lobby'))
  const html = await renderToString(createSSRApp(component).use(composables.chatPlugin(null)))
  expect(html).toContain('connecting')
  const screen = openScreen(component, client(hub, 'alice'), html)
  await eventually(() => expect(screen.texts('.state')).toEqual(['live']))
  expect(screen.texts('.status')).toEqual(['connected'])
})
