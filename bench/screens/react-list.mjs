// A list of messages in React. `window.bench` has its figures.

import { connect } from '@chat/browser/websocket'
import { ChatProvider, useMessages, useRoom } from '@chat/react'
import { createElement, memo, useEffect } from 'react'
import { createRoot } from 'react-dom/client'
import { bench, fill } from './figures.mjs'

const Row = memo(({ item }) => createElement('li', null, `${item.from ?? 'hub'}: ${item.data ?? ''}`))

function List() {
  const list = useMessages(useRoom('#list'), 'say', { last: 1_000 })
  bench.renders++
  useEffect(() => fill(list), [list])
  return createElement(
    'ul',
    null,
    list.items.map((item) => createElement(Row, { key: item.key, item })),
  )
}

const client = connect('/chat', { token: 'alice' })
createRoot(document.body).render(createElement(ChatProvider, { client }, createElement(List)))
