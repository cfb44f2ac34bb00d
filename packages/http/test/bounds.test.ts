import { UsageError } from '@chat/core'
import { expect, test } from 'vitest'
import { httpHandler } from '../src/index.ts'
import { nodeHttpHandler } from '../src/node/index.ts'
import { get, PlainClient } from './support/plain-client.ts'
import { TestHub } from './support/test-hub.ts'

test('while the hub has no place, a client gets 429 with Retry-After, which pages may read (P-HT-4)', async () => {
  const host = new TestHub()
  const { fetch } = httpHandler(host, { path: '/chat', origins: ['https://app.example'] })
  host.refusal = { status: 429, message: 'There are too many connections.', retryAfter: 4_200 }

  const refused = await fetch(get({ origin: 'https://app.example' }))
  expect([refused?.status, refused?.headers.get('retry-after')]).toEqual([429, '5'])
  expect(refused?.headers.get('access-control-allow-origin')).toBe('https://app.example')

  host.refusal = null
  expect((await PlainClient.open(fetch)).response.status).toBe(200)
})

test('a hub that closes takes no new clients, and still answers its POSTs (P-LV-5)', async () => {
  const host = new TestHub()
  const { fetch } = httpHandler(host, { path: '/chat' })
  const client = await PlainClient.open(fetch)
  host.closing = true

  const refused = await fetch(get())

  expect([refused?.status, refused?.headers.get('retry-after')]).toEqual([503, '5'])
  expect(await client.post('["still here"]')).toBe(204)
})

test('a detached handler takes no new clients, and still answers POSTs', async () => {
  const chat = httpHandler(new TestHub(), { path: '/chat' })
  const client = await PlainClient.open(chat.fetch)
  chat.detach()

  expect(await chat.fetch(get())).toBeUndefined()
  expect(await client.post('["still here"]')).toBe(204)
})

test('a wrongly encoded path, or a `context` that throws, is refused', async () => {
  const broken = httpHandler(new TestHub(), {
    context() {
      throw new Error('a bug')
    },
  })
  const named = httpHandler(new TestHub(), { path: '/:name' })

  expect((await broken.fetch(get()))?.status).toBe(500)
  const headers = { accept: 'text/event-stream' }
  expect((await named.fetch(new Request('http://chat.example/%ff', { headers })))?.status).toBe(400)
})

test.each([{ heartbeat: -1 }, { padding: Number.NaN }, { bodyTimeout: 0 }, { heartbeat: '9' as never }])(
  'an option that cannot work is an error at start: %j',
  (options) => {
    expect(() => httpHandler(new TestHub(), options)).toThrow(UsageError)
    expect(() => httpHandler(new TestHub(), options)).toThrow(
      /^unable to serve the hub: the option '\w+' is .*; give a number of/,
    )
  },
)

test.each([
  ['httpHandler', httpHandler],
  ['nodeHttpHandler', nodeHttpHandler],
] as const)('%s refuses a value that is no hub, and options that do not exist', (name, handler) => {
  expect(() => handler({} as TestHub)).toThrow(`not a hub; write \`${name}(hub, options)\``)
  expect(() => handler(new TestHub(), { maxConnection: 1 } as object)).toThrow(
    /no option 'maxConnection'; the options are path, .* trustProxy, .* heartbeat, padding, bodyTimeout/,
  )
})
