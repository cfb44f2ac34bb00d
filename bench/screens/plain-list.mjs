// A list of messages without a framework, which changes the rows that have changed. `window.bench` has its figures.
import { connect } from '@chat/browser/websocket'
import { messages } from '@chat/store'
import { bench, fill } from './figures.mjs'

const room = connect('/chat', { token: 'alice' }).join('#list')
const list = messages(room, 'say', { last: 1_000 })
const ul = document.body.appendChild(document.createElement('ul'))
const rows = new Map()

list.subscribe(() => {
  const began = performance.now()
  const { items, more } = list.snapshot()
  bench.snapshots += performance.now() - began
  bench.renders++
  draw(items)
  fill({ items, more, older: list.older })
})

/** Draws the rows from the end, as far as they are new: older pages are drawn in front of the first. */
function draw(items) {
  let next = null
  for (let i = items.length - 1; i >= 0 && !rows.has(items[i].key); i--) next = draw.one(items[i], next)
  if (items.length > rows.size)
    for (const item of items.slice(0, items.length - rows.size).reverse()) draw.first(item)
}
draw.make = ({ key, from, data }) => {
  const row = document.createElement('li')
  row.textContent = `${from ?? 'hub'}: ${data ?? ''}`
  rows.set(key, row)
  return row
}
draw.one = (item, next) => ul.insertBefore(draw.make(item), next)
draw.first = (item) => ul.prepend(draw.make(item))
