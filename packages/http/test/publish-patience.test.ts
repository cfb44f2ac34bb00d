import { Hub } from '@chat/core'
import { afterEach, expect, test, vi } from 'vitest'
import { publishHandler } from '../src/index.ts'

afterEach(() => {
  vi.useRealTimers()
})

const request = (): Request =>
  new Request('http://hub.example/publish', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })

/** A handler whose `authenticate` is given, and the errors that the hub reports. */
function open(authenticate: unknown) {
  const hub = new Hub()
  const errors: unknown[] = []
  hub.on('$error', (error) => errors.push(error))
  return { errors, handler: publishHandler(hub, { path: '/publish', authenticate: authenticate as never }) }
}

test('SEC-11: a request whose authenticate never answers is answered after ten seconds', async () => {
  vi.useFakeTimers()
  const { errors, handler } = open(() => new Promise(() => {}))
  const waiting = handler.fetch(request())

  await vi.advanceTimersByTimeAsync(10_000)

  expect((await waiting)?.status).toBe(500)
  expect(errors).toMatchObject([{ source: 'transport', subject: 'authenticate' }])
  expect(vi.getTimerCount()).toBe(0)
})

test.each([
  () => {
    throw null
  },
  () => Promise.reject(Symbol('broken')),
  () => ({
    // biome-ignore lint/suspicious/noThenProperty: promises of other libraries are such objects
    then() {
      throw new Error('broken')
    },
  }),
  () => ({
    get id() {
      throw new Error('broken')
    },
  }),
])(
  'SEC-11: an authenticate that fails in any way is answered with an error, and ends nothing',
  async (fails) => {
    const { handler } = open(fails)
    const answer = await handler.fetch(
      new Request('http://hub.example/publish', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"address":"#a","event":"say","data":1}',
      }),
    )
    expect(answer?.status).toBe(500)
  },
)
