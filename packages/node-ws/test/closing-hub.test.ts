import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { Hub } from '@chat/core'
import { expect, test } from 'vitest'
import { attach, connect } from '../src/index.ts'
import { startServer } from './support/server.ts'

const allowAll = {
  authenticate: ({ token }: { token: string | null }) => ({ id: token ?? 'guest' }),
  authorize: () => true,
}

test('P-LV-5: a hub without other nodes closes as soon as its clients have gone, far before its deadline', async () => {
  const { server, url } = await startServer()
  const hub = new Hub(allowAll)
  attach(hub, server, { path: '/chat' })
  let finish: (answer: string) => void = () => {}
  hub.handle('slow', () => new Promise((resolve) => (finish = resolve)))
  const clients = ['alice', 'bob', 'carol'].map((token) => connect(url('/chat'), { token }))
  try {
    await Promise.all(clients.map((client) => client.join('#lobby').ready))
    const answer = clients[0]?.call('slow', null)
    await expect.poll(() => finish.length).toBe(1)

    const start = performance.now()
    const closed = hub.close({ deadline: 30_000 })
    await expect.poll(() => hub.sessions.length).toBe(1)
    finish('done')

    expect(await answer).toBe('done')
    await closed
    expect(performance.now() - start).toBeLessThan(10_000)
    expect(hub.sessions).toEqual([])
    expect(clients.map(({ status }) => status)).not.toContain('closed')
  } finally {
    for (const client of clients) client.close()
  }
})

test('a handler, a policy and a check of origins that never settle keep no process', async () => {
  const script = fileURLToPath(new URL('./support/never-settled.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=@chat/source', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 30_000,
  })
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  expect([said.replace(/\d+/, 'N'), code]).toEqual(['closed after N ms\n', 0])
  expect(Number(/\d+/.exec(said)?.[0])).toBeLessThan(5_000)
}, 40_000)
