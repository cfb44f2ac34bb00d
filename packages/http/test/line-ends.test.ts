import { Hub } from '@chat/core'
import { expect, test } from 'vitest'
import { httpHandler } from '../src/index.ts'
import { PlainClient } from './support/plain-client.ts'

test.each([
  ['LF', '\n'],
  ['CRLF', '\r\n'],
])('P-FR-1: %s behind the body of a POST, as shells and editors write it, is ignored', async (_, end) => {
  const hub = new Hub({ authenticate: () => ({ id: 'sensor' }), authorize: () => true })
  const client = await PlainClient.open(httpHandler(hub, { path: '/chat' }).fetch)
  const hello = JSON.stringify(['hello', { v: [1, 1] }])
  const send = JSON.stringify(['send', 1, '#kitchen', 'degrees', 21])

  expect(await client.post(hello + end)).toBe(204)
  expect((await client.next()).data).toContain('"welcome"')
  expect(await client.post(`${send}\n${JSON.stringify(['ping'])}${end}`)).toBe(204)
  const answers = (await client.next()).data
  expect(answers).toContain('["ok",1,')

  const { messages } = await hub.to('#kitchen').history()
  expect(messages.map(({ data }) => data)).toEqual([21])
  client.leave()
  await hub.close({ deadline: 100 })
})
