import { expect, test } from 'vitest'
import { encodeNodeMessage, type NodeMessage, toNodeMessage } from '../../../src/hub/nodes/node-messages.ts'

const messages: readonly NodeMessage[] = [
  { type: 'ask', id: 'n.1', by: 'n', address: '@alice', event: 'confirm', data: '{}', meta: null, time: 10 },
  { type: 'ask', id: 'n.1', by: 'n', address: '*', event: null, data: 'null', meta: '{"a":1}', time: 0 },
  {
    type: 'answer',
    id: 'n.1',
    by: 'm',
    count: 3,
    asked: [['s', 'alice']],
    outcomes: [
      { session: 's', user: 'alice', answer: '1' },
      { session: 't', user: 'bob', error: { code: 'forbidden', message: 'no' } },
    ],
  },
  { type: 'stop', id: 'n.1' },
]

test.each(messages)('a message of type $type is read as it was written', (message) => {
  expect(toNodeMessage(JSON.parse(encodeNodeMessage(message)))).toEqual(message)
})

const [ask, , answer] = messages
test.each([
  {},
  { type: 'ask' },
  { type: 'stop', id: 1 },
  { type: 'later', id: 'n.1' },
  { ...ask, by: 1 },
  { ...ask, address: null },
  { ...ask, event: 1 },
  { ...ask, data: {} },
  { ...ask, meta: {} },
  { ...ask, time: '1' },
  { ...ask, time: -1 },
  { ...answer, count: -1 },
  { ...answer, count: 1.5 },
  { ...answer, asked: [['s']] },
  { ...answer, asked: 's' },
  { ...answer, outcomes: [{ session: 's', user: 'u' }] },
  { ...answer, outcomes: [{ session: 's', user: 'u', error: { code: 1, message: '' } }] },
  { ...answer, outcomes: [null] },
])('fields that another program has written are no message: %j', (fields) => {
  expect(toNodeMessage(fields)).toBeNull()
})
