// @vitest-environment happy-dom
import { test } from 'vitest'
import { createApp, defineComponent, h } from 'vue'
import { exploreScreens, type Say } from '../../../test-support/screens.ts'
import { chatComposables } from '../src/index.ts'

const { chatPlugin, useMessages, useRoom } = chatComposables<Say>()

test(
  'whatever happens to the network, every screen shows the log, each message once and in its order',
  () =>
    exploreScreens((element, client) => {
      let send = (_text: string): void => {}
      let retryAll = (): void => {}
      const Lines = defineComponent(() => {
        const { items, send: sendMessage, retry } = useMessages(useRoom('#lobby'), 'say', { last: 100 })
        send = (text) => void sendMessage('say', { text })
        retryAll = () => {
          for (const item of items.value) if (item.event !== '$gap' && item.state === 'uncertain') retry(item)
        }
        return () =>
          items.value.map((item) =>
            h('li', { key: item.key }, item.event === '$gap' ? '$gap' : `${item.data?.text} ${item.state}`),
          )
      })
      const app = createApp(Lines).use(chatPlugin(client))
      app.mount(element)
      return { send, retryAll, unmount: () => app.unmount() }
    }),
  120_000,
)
