import { Hub, type HubError } from '@chat/core'
import { expect, onTestFinished, test, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import { RawPeer, upgradeRequest } from '../../../test-support/raw-peer.ts'
import { attach, type NodeWsExtra, type UpgradeHandlerOptions, upgradeHandler } from '../src/index.ts'
import { openClient, refusalOf, welcomed } from './support/client.ts'
import { startServer } from './support/server.ts'

const later = async <T>(value: T): Promise<T> => {
  await new Promise((resolve) => setTimeout(resolve, 20))
  return value
}
const page = { origin: 'https://app.example' }

async function served(options: UpgradeHandlerOptions, how: 'upgrades' | 'opened' = 'upgrades') {
  const contexts: unknown[] = []
  const hub = new Hub({
    authenticate: ({ token, extra }) => {
      contexts.push((extra as NodeWsExtra).context)
      return { id: String(token) }
    },
  })
  const errors: HubError[] = []
  hub.on('$error', (error) => void errors.push(error))
  onTestFinished(() => hub.close({ deadline: 0 }))
  const { server, url } = await startServer()
  if (how === 'upgrades') attach(hub, server, { ...options, path: '/chat' })
  else {
    const chat = upgradeHandler(hub, options)
    new WebSocketServer({ server }).on('connection', (ws, request) => chat.accept(ws, request))
  }
  return { url: url('/chat'), contexts, errors }
}

test('`origins` and `context` may answer later, and what the client writes meanwhile is not lost', async () => {
  const { url, contexts } = await served({
    origins: (origin) => later(origin === page.origin),
    context: () => later('kept'),
  })

  await welcomed(url, 'alice', page)

  expect(contexts).toEqual(['kept'])
  expect(await refusalOf(url, { origin: 'https://evil.example' })).toBe(403)
})

test('they may answer later for a socket that the host has upgraded, too', async () => {
  const { url, contexts } = await served(
    { origins: (origin) => later(origin === page.origin), context: () => later('kept') },
    'opened',
  )

  await welcomed(url, 'alice', page)

  expect(contexts).toEqual(['kept'])
  const refused = await openClient(url, { origin: 'https://evil.example' })
  expect((await refused.closed).code).toBe(4503)
})

test.each([
  ['origins', { origins: () => Promise.reject(new Error('no database')) }],
  ['context', { origins: [page.origin], context: () => Promise.reject(new Error('no database')) }],
])('a rejection of `%s` refuses the request with 500, and is an `$error`', async (option, options) => {
  const { url, errors } = await served(options as UpgradeHandlerOptions)

  expect(await refusalOf(url, page)).toBe(500)

  expect(errors).toMatchObject([{ source: 'transport', subject: option }])
  expect(String(errors[0]?.error)).toMatch('no database')
})

test.each([
  [
    'rejects',
    async () => {
      throw new Error('a bug')
    },
  ],
  [
    'throws',
    () => {
      throw new Error('a bug')
    },
  ],
])(
  'an `onRefused` that %s is an `$error`, and the request is refused all the same',
  async (_how, onRefused) => {
    const { url, errors } = await served({ onRefused })

    expect(await refusalOf(url, page)).toBe(403)

    await vi.waitFor(() => expect(errors).toMatchObject([{ source: 'transport', subject: 'onRefused' }]))
  },
)

test('a client that leaves while the application decides leaves nothing behind', async () => {
  let decide: (allowed: boolean) => void = () => {}
  const decided = new Promise<boolean>((resolve) => {
    decide = resolve
  })
  const asked = vi.fn(() => decided)
  const { url, contexts, errors } = await served({ origins: asked })
  const peer = await RawPeer.connect(Number(new URL(url).port))
  peer.socket.write(upgradeRequest('/chat', { Origin: page.origin }))
  await vi.waitFor(() => expect(asked).toHaveBeenCalled())

  peer.socket.destroy()
  await later(null)
  decide(true)

  await later(null)
  expect([contexts, errors]).toEqual([[], []])
})
