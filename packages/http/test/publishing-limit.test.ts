import { Hub } from '@chat/core'
import { expect, test } from 'vitest'
import { publishHandler } from '../src/index.ts'

test('requests beyond 6 000 at a time are answered with 503, until some of them are answered', async () => {
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
  const waiting = Array.from({ length: 6_000 }, () => handler.fetch(request))
  const refused = await handler.fetch(request)
  expect([refused?.status, refused?.headers.get('retry-after')]).toEqual([503, '1'])
  expect(await refused?.json()).toMatchObject({ code: 'busy' })

  answer(false)
  for (const response of await Promise.all(waiting)) expect(response?.status).toBe(401)
  expect((await handler.fetch(request))?.status).toBe(401)
  await hub.close()
})
