import { ChatError, UsageError } from '@chat/core'
import { afterEach, expect, it, vi } from 'vitest'
import { connect, dial } from '../src/index.ts'

afterEach(() => vi.unstubAllGlobals())

/** A browser's WebSocket that opens, fails or stays silent as a test wants. */
class FakeSocket {
  static made: FakeSocket[] = []
  readonly url: string
  readonly protocols: readonly string[]
  onopen: (() => void) | null = null
  onclose: ((event: { code: number; reason: string }) => void) | null = null
  closed = 0

  constructor(url: URL, protocols: readonly string[]) {
    this.url = url.href
    this.protocols = protocols
    FakeSocket.made.push(this)
  }

  close(): void {
    this.closed++
  }
}

function fake(): void {
  FakeSocket.made = []
  vi.stubGlobal('WebSocket', FakeSocket)
}

/** No other way. */
const webSocket = { transport: 'websocket' } as const

const options = (signal = new AbortController().signal) => ({ protocols: ['chat.v1.json'], signal })

it('names the alternative where WebSocket does not exist', () => {
  vi.stubGlobal('WebSocket', undefined)
  expect(() => dial('ws://hub.example/chat')).toThrow(UsageError)
  expect(() => connect('ws://hub.example/chat')).toThrow(/@chat\/node-ws/)
})

it('offers the subprotocols at the URL', async () => {
  fake()
  dial('https://hub.example/chat', webSocket)(options()).catch(() => {})
  expect(FakeSocket.made).toMatchObject([{ url: 'wss://hub.example/chat', protocols: ['chat.v1.json'] }])
})

it('leaves secrets out of its error', async () => {
  fake()
  const dialled = dial('wss://hub.example/chat?token=secret', webSocket)(options())
  FakeSocket.made[0]?.onclose?.({ code: 1006, reason: '' })
  const error = await dialled.catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(ChatError)
  expect(error).toMatchObject({
    code: 'unavailable',
    message: 'unable to connect to wss://hub.example/chat: the browser closed with 1006',
  })
})

it('closes a socket that never opens when the attempt is given up', async () => {
  fake()
  const aborter = new AbortController()
  const dialled = dial('wss://hub.example/chat', webSocket)(options(aborter.signal))
  aborter.abort('no more')
  await expect(dialled).rejects.toBe('no more')
  expect(FakeSocket.made).toMatchObject([{ closed: 1, onopen: null, onclose: null }])
})

it('opens no socket for an attempt that was given up already', async () => {
  fake()
  await expect(dial('wss://hub.example/chat', webSocket)(options(AbortSignal.abort('no more')))).rejects.toBe(
    'no more',
  )
  expect(FakeSocket.made).toEqual([])
})

it('rejects with the error that the browser throws', async () => {
  vi.stubGlobal(
    'WebSocket',
    class {
      constructor() {
        throw new DOMException('blocked by the page', 'SecurityError')
      }
    },
  )
  await expect(dial('wss://hub.example/chat', webSocket)(options())).rejects.toThrow('blocked by the page')
})

it('uses HTTP alone with `transport: http`, also without WebSocket', async () => {
  vi.stubGlobal('WebSocket', undefined)
  const asked: string[] = []
  vi.stubGlobal('fetch', async (url: URL) => {
    asked.push(url.href)
    return new Response('', { status: 403 })
  })
  await expect(dial('wss://hub.example/chat', { transport: 'http' })(options())).rejects.toMatchObject({
    code: 'forbidden',
  })
  expect(asked).toEqual(['https://hub.example/chat'])
})

it('does not take a hub that refuses at once for a proxy that drops WebSockets', async () => {
  fake()
  const asked = vi.fn()
  vi.stubGlobal('fetch', asked)
  const reach = dial('wss://hub.example/chat', { memory: null })
  const opened = reach(options())
  FakeSocket.made[0]?.onopen?.()
  const connection = await opened
  connection.attach({ receive() {}, drain() {}, closed() {} })
  FakeSocket.made[0]?.onclose?.({ code: 4501, reason: 'unauthorized' })

  reach(options()).catch(() => {})
  await Promise.resolve()

  expect([FakeSocket.made.length, asked.mock.calls.length]).toEqual([2, 0])
})

it.each([{ webSocketTimeout: 0 }, { retryWebSocket: 0 }, { retryWebSocket: -1 }, { webSocketTimeout: NaN }])(
  'says at once that a duration cannot work: %j',
  (wrong) => {
    fake()
    expect(() => connect('wss://hub.example/chat', { token: 'alice', ...wrong })).toThrow(UsageError)
  },
)

it('goes over HTTP to the same URL when the browser refuses the WebSocket', async () => {
  fake()
  const asked: string[] = []
  vi.stubGlobal('fetch', async (url: URL) => {
    asked.push(url.href)
    return new Response('', { status: 403 })
  })
  const dialled = dial('wss://hub.example/chat', { memory: null })(options())
  FakeSocket.made[0]?.onclose?.({ code: 1006, reason: '' })
  await expect(dialled).rejects.toMatchObject({ code: 'forbidden' })
  expect(asked).toEqual(['https://hub.example/chat'])
})
