import { Hub } from '@chat/core'
import { expect, test } from 'vitest'
import { publishHandler } from '../src/index.ts'

/** A publish handler whose `authenticate` waits for `answer`, and a request to it. */
function waitingPublishers() {
  const hub = new Hub()
  let answer = (_known: boolean): void => {}
  const answered = new Promise<boolean>((resolve) => {
    answer = resolve
  })
  const handler = publishHandler(hub, { path: '/publish', authenticate: () => answered })
  const request = new Request('http://hub.example/publish', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  return { hub, handler, request, answer }
}

test('requests beyond 6 000 at a time are answered with 503, until some of them are answered', async () => {
  const { hub, handler, request, answer } = waitingPublishers()
  const waiting = Array.from({ length: 6_000 }, () => handler.fetch(request))
  const refused = await handler.fetch(request)
  expect([refused?.status, refused?.headers.get('retry-after')]).toEqual([503, '1'])
  expect(await refused?.json()).toMatchObject({ code: 'busy' })

  answer(false)
  for (const response of await Promise.all(waiting)) expect(response?.status).toBe(401)
  expect((await handler.fetch(request))?.status).toBe(401)
  await hub.close()
})

test('an address may have half of the requests at a time, so that others find a place', async () => {
  const { hub, handler, request, answer } = waitingPublishers()
  const from = (remoteAddress: string) => handler.fetch(request, { remoteAddress })
  const waiting = Array.from({ length: 3_000 }, () => from('192.0.2.1'))
  expect((await from('192.0.2.1'))?.status).toBe(503)
  const other = from('192.0.2.2')

  answer(false)
  for (const response of await Promise.all([...waiting, other])) expect(response?.status).toBe(401)
  await hub.close()
})
