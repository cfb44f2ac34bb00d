import { expect, test, vi } from 'vitest'
import { httpHandler, publishHandler } from '../src/index.ts'
import { get, PlainClient, post } from './support/plain-client.ts'
import { TestHub } from './support/test-hub.ts'

const later = async <T>(value: T): Promise<T> => {
  await new Promise((resolve) => setTimeout(resolve))
  return value
}
const page = { origin: 'https://app.example' }

test('`origins` and `context` may answer later, for streams and POSTs', async () => {
  const host = new TestHub()
  const { fetch } = httpHandler(host, {
    path: '/chat',
    origins: (origin) => later(origin === page.origin),
    context: () => later('kept'),
  })

  const client = await PlainClient.open(fetch, page)
  expect(await client.post('["a"]', page)).toBe(204)

  expect(host.received).toEqual(['["a"]'])
  expect(host.newest.connection.extra).toEqual({ context: 'kept' })
  expect((await fetch(get({ origin: 'https://evil.example' })))?.status).toBe(403)
})

test.each([
  ['origins', { origins: () => Promise.reject(new Error('no database')) }],
  ['context', { origins: [page.origin], context: () => Promise.reject(new Error('no database')) }],
])(
  'a rejection of `%s` is answered with 500, and is an error for the hub to report',
  async (option, options) => {
    const host = new TestHub()
    const { fetch } = httpHandler(host, { path: '/chat', ...options })

    expect((await fetch(get(page)))?.status).toBe(500)

    expect(host.errors).toMatchObject([{ option, error: { message: 'no database' } }])
  },
)

test('a rejection of `origins` refuses a POST as well', async () => {
  const host = new TestHub()
  const { fetch } = httpHandler(host, { path: '/chat', origins: () => Promise.reject(new Error('no')) })

  expect((await fetch(post('["a"]', { ...page, 'chat-connection': 'x', 'chat-seq': '1' })))?.status).toBe(500)
  expect(host.errors).toHaveLength(1)
})

test('a rejection of `onRefused` does no harm', async () => {
  const host = new TestHub()
  const { fetch } = httpHandler(host, { path: '/chat', onRefused: () => Promise.reject(new Error('a bug')) })

  expect((await fetch(get(page)))?.status).toBe(403)

  await vi.waitFor(() => expect(host.errors).toMatchObject([{ option: 'onRefused' }]))
})

test('publishing waits for `origins`, and a rejection is answered with 500', async () => {
  const hub = Object.assign(new TestHub(), { to: vi.fn(), may: vi.fn() })
  const rejects = publishHandler(hub, {
    path: '/chat',
    authenticate: () => false,
    origins: () => Promise.reject(new Error('no')),
  })
  const allows = publishHandler(hub, { path: '/chat', authenticate: () => false, origins: () => later(true) })

  expect((await rejects.fetch(post('{}', page)))?.status).toBe(500)
  expect((await allows.fetch(post('{}', page)))?.status).toBe(401)
})
