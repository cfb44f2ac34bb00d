import { expect, test } from 'vitest'
import { createSSRApp, defineComponent, h } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { chatPlugin, useCall, useMessages, usePeople, useRoom, useStatus, useTyping } from '../src/index.ts'

const Lobby = defineComponent(() => {
  const room = useRoom('#lobby')
  const { items, state } = useMessages(room, 'say')
  const { people } = usePeople(room)
  const { users } = useTyping(room)
  const { status } = useStatus()
  const { pending } = useCall('rename')
  return () =>
    h('p', [room, items, state, people, users, status, pending].map(({ value }) => value).join('|'))
})

test('a server renders a page without a client', async () => {
  expect(await renderToString(createSSRApp(Lobby).use(chatPlugin(null)))).toBe(
    '<p>||loading|||connecting|false</p>',
  )
})

const initial = {
  messages: [
    {
      address: '#lobby',
      event: 'say',
      data: { text: 'read by the server' },
      meta: null,
      from: 'bob',
      session: 's1',
      durable: true,
      id: 'm1',
      position: ['e', 1, 'm1'],
      time: 1,
    },
  ],
  position: ['e', 1, 'm1'],
} as const

test('a server renders the messages that it has read for the page', async () => {
  const List = defineComponent(() => {
    const { items } = useMessages(useRoom('#lobby'), 'say', { initial: initial as never })
    return () =>
      h('p', items.value.map((item) => (item.event === '$gap' ? '' : JSON.stringify(item.data))).join())
  })
  expect(await renderToString(createSSRApp(List))).toContain('read by the server')
})
