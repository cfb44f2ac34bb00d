import type { StreamReader } from '@chat/core'
import { expect, it } from 'vitest'
import { defineComponent, h, shallowRef, watchEffect } from 'vue'
import { call } from '../../browser/test-browser/support/control.ts'
import { client, composables, eventually, startHub } from './support/chat.ts'
import { openScreen } from './support/screen.ts'

const { useCall, useNotices, useRoom, useStatus, useStream } = composables

const Double = defineComponent(() => {
  const { call, pending, result, error } = useCall('double')
  return () =>
    h(
      'button',
      { onClick: () => call(21) },
      pending.value ? 'pending' : (error.value?.message ?? result.value ?? ''),
    )
})

it('calls the hub, and shows the answer', async () => {
  const hub = await startHub()
  const screen = openScreen(Double, client(hub, 'alice'))
  screen.click('button')
  await eventually(() => expect(screen.texts('button')).toEqual(['pending']))
  await eventually(() => expect(screen.texts('button')).toEqual(['42']))
})

it('shows the error of a call, which rejects nothing', async () => {
  const screen = openScreen(Double, null)
  screen.click('button')
  await eventually(() =>
    expect(screen.texts('button')).toEqual(["unable to call 'double': there is no client yet"]),
  )
})

it('shows a stream while it grows, and its end', async () => {
  const hub = await startHub()
  const Answer = defineComponent(() => {
    const room = useRoom('#lobby')
    const reader = shallowRef<StreamReader<string> | null>(null)
    watchEffect((onCleanup) => {
      const undo = room.value?.on('answer', (given) => {
        reader.value = given
      })
      if (undo) onCleanup(undo)
    })
    const { value, state } = useStream(reader)
    return () => h('output', `${value.value} ${state.value}`)
  })
  const screen = openScreen(Answer, client(hub, 'alice'))
  await eventually(async () => expect(await call('moves', hub)).toEqual(['+#lobby alice']))
  await call('stream', hub, '#lobby', 'answer', ['It ', 'depends', '.'])
  await eventually(() => expect(screen.texts('output')).toEqual(['It depends. done']))
})

it('shows the status, and connects at once when a person wants it', async () => {
  const hub = await startHub()
  const Status = defineComponent(() => {
    const { status, reconnect } = useStatus()
    return () => h('button', { onClick: reconnect }, status.value)
  })
  const screen = openScreen(Status, client(hub, 'alice'))
  await eventually(() => expect(screen.texts('button')).toEqual(['connected']))
  await call('refuse', hub)
  await call('reset', hub)
  await eventually(() => expect(screen.texts('button')).toEqual(['reconnecting']))
  await call('admit', hub)
  screen.click('button')
  await eventually(() => expect(screen.texts('button')).toEqual(['connected']))
})

it('shows what was sent to the user alone while she was away', async () => {
  const hub = await startHub()
  await call('say', hub, '@alice', 'notice', { title: 'paid' })
  const Notices = defineComponent(() => {
    const { items } = useNotices('notice')
    return () =>
      items.value.map((item) =>
        h('li', { key: item.key }, item.event === '$gap' ? item.reason : item.data?.title),
      )
  })
  const screen = openScreen(Notices, client(hub, 'alice'))
  await eventually(() => expect(screen.texts('li')).toEqual(['paid']))
  await call('say', hub, '@alice', 'notice', { title: 'sent' })
  await eventually(() => expect(screen.texts('li')).toEqual(['paid', 'sent']))
})
