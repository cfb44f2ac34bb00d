// @vitest-environment happy-dom
import { StrictMode } from 'react'
import { flushSync } from 'react-dom'
import { createRoot } from 'react-dom/client'
import { test } from 'vitest'
import { exploreScreens, type Say } from '../../../test-support/screens.ts'
import { chatHooks } from '../src/index.ts'

const { ChatProvider, useMessages, useRoom } = chatHooks<Say>()

test(
  'whatever happens to the network, every screen shows the log, each message once and in its order',
  () =>
    exploreScreens((element, client) => {
      let send = (_text: string): void => {}
      let retryAll = (): void => {}
      const Lines = () => {
        const { items, send: sendMessage, retry } = useMessages(useRoom('#lobby'), 'say', { last: 100 })
        send = (text) => void sendMessage('say', { text })
        retryAll = () => {
          for (const item of items) if (item.event !== '$gap' && item.state === 'uncertain') retry(item)
        }
        return items.map((item) => (
          <li key={item.key}>{item.event === '$gap' ? '$gap' : `${item.data?.text} ${item.state}`}</li>
        ))
      }
      const root = createRoot(element)
      flushSync(() =>
        root.render(
          <StrictMode>
            <ChatProvider client={client}>
              <Lines />
            </ChatProvider>
          </StrictMode>,
        ),
      )
      return {
        send: (text) => send(text),
        retryAll: () => retryAll(),
        unmount: () => flushSync(() => root.unmount()),
      }
    }),
  120_000,
)
