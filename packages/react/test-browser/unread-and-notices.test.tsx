import type { ReactElement } from 'react'
import { expect, it } from 'vitest'
import { call } from '../../browser/test-browser/support/control.ts'
import { client, eventually, hooks, startHub } from './support/chat.ts'
import { openScreen } from './support/screen.tsx'

const { ChatProvider, useMessages, useNotices, useRoom, useUnread } = hooks

/** Number of unread messages; the button marks all as read. */
function Unread(): ReactElement {
  const room = useRoom('#lobby')
  const { items } = useMessages(room, 'say')
  const { count, mark } = useUnread(room, 'say')
  const last = items.findLast((item) => item.event === 'say' && item.position !== null)
  return (
    <>
      <i>{items.length}</i>
      <button
        type="button"
        className="unread"
        onClick={() => last?.event === 'say' && last.position && mark(last.position)}
      >
        {count}
      </button>
    </>
  )
}

it('counts what is unread, on all devices of a user', async () => {
  const hub = await startHub()
  const show = (): ReturnType<typeof openScreen> =>
    openScreen(
      <ChatProvider client={client(hub, 'alice')}>
        <Unread />
      </ChatProvider>,
    )
  const [phone, laptop] = [show(), show()]
  await eventually(() => expect([phone.texts('.unread'), laptop.texts('.unread')]).toEqual([['0'], ['0']]))
  await call('say', hub, '#lobby', 'say', { text: 'one' })
  await call('say', hub, '#lobby', 'say', { text: 'two' })
  await eventually(() => expect([phone.texts('.unread'), laptop.texts('.unread')]).toEqual([['2'], ['2']]))
  await eventually(() => expect(phone.texts('i')).toEqual(['2']))
  phone.click('.unread')
  await eventually(() => expect([phone.texts('.unread'), laptop.texts('.unread')]).toEqual([['0'], ['0']]))
})

it('marks what comes as read while the person sees the end of the list', async () => {
  const hub = await startHub()
  const Reading = ({ reading }: { reading: boolean }): ReactElement => (
    <p className="reading">{useUnread(useRoom('#lobby'), 'say', { reading }).count}</p>
  )
  const alice = client(hub, 'alice')
  const shown = (reading: boolean): ReactElement => (
    <ChatProvider client={alice}>
      <Reading reading={reading} />
    </ChatProvider>
  )
  const phone = openScreen(shown(false))
  const laptop = openScreen(
    <ChatProvider client={client(hub, 'alice')}>
      <Unread />
    </ChatProvider>,
  )
  await call('say', hub, '#lobby', 'say', { text: 'one' })
  await eventually(() => expect([phone.texts('.reading'), laptop.texts('.unread')]).toEqual([['1'], ['1']]))
  phone.show(shown(true))
  await eventually(() => expect([phone.texts('.reading'), laptop.texts('.unread')]).toEqual([['0'], ['0']]))
  phone.show(shown(false))
  await eventually(() => expect(phone.texts('.reading')).toEqual(['0']))
  await call('say', hub, '#lobby', 'say', { text: 'two' })
  await eventually(() => expect([phone.texts('.reading'), laptop.texts('.unread')]).toEqual([['1'], ['1']]))
})

it('shows what was sent to the user alone while she was away', async () => {
  const hub = await startHub()
  await call('say', hub, '@alice', 'notice', { title: 'paid' })
  function Notices(): ReactElement {
    const { items } = useNotices('notice')
    return (
      <ul>
        {items.map((item) => (
          <li key={item.key}>{item.event === '$gap' ? item.reason : item.data?.title}</li>
        ))}
      </ul>
    )
  }
  const screen = openScreen(
    <ChatProvider client={client(hub, 'alice')}>
      <Notices />
    </ChatProvider>,
  )
  await eventually(() => expect(screen.texts('li')).toEqual(['paid']))
  await call('say', hub, '@alice', 'notice', { title: 'sent' })
  await eventually(() => expect(screen.texts('li')).toEqual(['paid', 'sent']))
})
