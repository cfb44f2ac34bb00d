import { flushSync } from 'svelte'
import { expect, inject, it, onTestFinished } from 'vitest'
import { call } from '../../browser/test-browser/support/control.ts'
import { client, eventually, openScreen, startHub } from './support/screen.svelte.ts'

it('shows the past, the live and the own messages of a room, once each and in the order of the log', async () => {
  const hub = await startHub()
  await call('say', hub, '#lobby', 'say', { text: 'before' })
  const bob = client(hub, 'bob').join('#lobby')
  const screen = openScreen({ client: client(hub, 'alice'), address: '#lobby' })
  await eventually(() => expect(screen.texts('li')).toEqual([': before (stored)']))
  await bob.send('say', { text: 'hello' })
  await eventually(() => expect(screen.texts('li')).toHaveLength(2))
  screen.click('.send')
  await eventually(() =>
    expect(screen.texts('li')).toEqual([': before (stored)', 'bob: hello (stored)', 'alice: hi (stored)']),
  )
})

it('shows the people in a room, those who type, a stream, a call and the status', async () => {
  const hub = await startHub()
  const one = openScreen({ client: client(hub, 'alice'), address: '#lobby' })
  const two = openScreen({ client: client(hub, 'bob'), address: '#lobby' })
  await eventually(() => expect(one.texts('.people')[0]?.split(',').sort()).toEqual(['alice', 'bob']))
  await eventually(() => expect(two.texts('.state')).toEqual(['live']))
  two.click('.type')
  await eventually(() => expect(one.texts('.typing')).toEqual(['bob']))
  two.click('.send')
  await eventually(() => expect(one.texts('.typing')).toEqual(['']))
  await call('stream', hub, '#lobby', 'answer', ['It ', 'depends', '.'])
  await eventually(() => expect(one.texts('.stream')).toEqual(['It depends. done']))
  one.click('.double')
  await eventually(() => expect(one.texts('.double')).toEqual(['42']))
  expect(one.texts('.status')).toEqual(['connected'])
})

it('marks what comes as read while the person sees the end of the list, on all devices', async () => {
  const hub = await startHub()
  const [phone, laptop] = [0, 1].map(() => openScreen({ client: client(hub, 'alice'), address: '#lobby' }))
  const counts = (): unknown[] => [phone?.texts('.unread'), laptop?.texts('.unread')]
  await call('say', hub, '#lobby', 'say', { text: 'one' })
  await eventually(() => expect(counts()).toEqual([['1'], ['1']]))
  if (phone) phone.props.reading = true
  await eventually(() => expect(counts()).toEqual([['0'], ['0']]))
  if (phone) phone.props.reading = false
  await call('say', hub, '#lobby', 'say', { text: 'two' })
  await eventually(() => expect(counts()).toEqual([['1'], ['1']]))
})

it('a page takes over what a server has rendered, without a warning', async () => {
  const hub = await startHub()
  const warnings: unknown[] = []
  const { warn } = console
  console.warn = (...warning) => warnings.push(warning)
  onTestFinished(() => {
    console.warn = warn
  })
  const html = inject('svelteHtml')
  expect(html).toContain('joining')
  const screen = openScreen({ client: client(hub, 'alice'), address: '#lobby' }, html)
  await eventually(() => expect(screen.texts('.state')).toEqual(['live']))
  screen.click('.send')
  await eventually(() => expect(screen.texts('li')).toEqual(['alice: hi (stored)']))
  expect(warnings).toEqual([])
})

it('another address is another room, and null is none', async () => {
  const hub = await startHub()
  await call('say', hub, '#one', 'say', { text: 'in one' })
  await call('say', hub, '#two', 'say', { text: 'in two' })
  const screen = openScreen({ client: client(hub, 'alice'), address: null })
  await eventually(() => expect(screen.texts('.status')).toEqual(['connected']))
  expect(screen.texts('.state')).toEqual(['joining'])
  screen.props.address = '#one'
  await eventually(() => expect(screen.texts('li')).toEqual([': in one (stored)']))
  screen.props.address = '#two'
  await eventually(() => expect(screen.texts('li')).toEqual([': in two (stored)']))
  screen.props.address = null
  await eventually(() => expect(screen.texts('li')).toEqual([]))
  await eventually(async () => expect(await call('moves', hub)).toContain('-#two alice'))
})

it('a component that is made again at once keeps its room, and the last leaves it two seconds later', async () => {
  const hub = await startHub()
  const screen = openScreen({ client: client(hub, 'alice'), address: '#lobby' })
  await eventually(() => expect(screen.texts('.state')).toEqual(['live']))
  screen.click('.send')
  await eventually(() => expect(screen.texts('li')).toEqual(['alice: hi (stored)']))
  screen.props.version = 1
  flushSync()
  expect(screen.texts('li')).toEqual(['alice: hi (stored)'])
  screen.props.client = null
  flushSync()
  expect(screen.texts('li')).toEqual([])
  expect(await call('moves', hub)).toEqual(['+#lobby alice'])
  await eventually(async () => expect(await call('moves', hub)).toEqual(['+#lobby alice', '-#lobby alice']))
})

it('a client may come later', async () => {
  const hub = await startHub()
  const first = openScreen({ client: null, address: '#lobby' })
  expect(first.texts('.status')).toEqual(['connecting'])
  first.props.client = client(hub, 'alice')
  await eventually(() => expect(first.texts('.state')).toEqual(['live']))
})
