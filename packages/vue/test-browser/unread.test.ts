import { expect, it } from 'vitest'
import { defineComponent, h, ref } from 'vue'
import { call } from '../../browser/test-browser/support/control.ts'
import { client, composables, eventually, startHub } from './support/chat.ts'
import { openScreen } from './support/screen.ts'

const { useRoom, useUnread } = composables

it('marks what comes as read while the person sees the end of the list, on all devices', async () => {
  const hub = await startHub()
  const reading = ref(false)
  const device = (isReading: () => boolean) =>
    defineComponent(() => {
      const { count } = useUnread(useRoom('#lobby'), 'say', { reading: isReading })
      return () => h('p', count.value)
    })
  const phone = openScreen(
    device(() => reading.value),
    client(hub, 'alice'),
  )
  const laptop = openScreen(
    device(() => false),
    client(hub, 'alice'),
  )
  await call('say', hub, '#lobby', 'say', { text: 'one' })
  await eventually(() => expect([phone.texts('p'), laptop.texts('p')]).toEqual([['1'], ['1']]))
  reading.value = true
  await eventually(() => expect([phone.texts('p'), laptop.texts('p')]).toEqual([['0'], ['0']]))
  reading.value = false
  await call('say', hub, '#lobby', 'say', { text: 'two' })
  await eventually(() => expect([phone.texts('p'), laptop.texts('p')]).toEqual([['1'], ['1']]))
})
