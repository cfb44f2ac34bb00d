import { Client } from '@chat/core'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { connect, dial } from '../src/websocket.ts'

class IdleSocket extends EventTarget {
  close(): void {}
}

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('the entry without HTTP', () => {
  test('makes a client of the same class', () => {
    vi.stubGlobal('WebSocket', IdleSocket)
    vi.stubGlobal('addEventListener', () => {})
    const client = connect('wss://chat.example/chat', { token: 'alice' })
    expect(client).toBeInstanceOf(Client)
    client.close()
  })

  test('knows the options of a client, and none of HTTP', () => {
    const options = { transport: 'http' } as object
    expect(() => connect('wss://chat.example/chat', options)).toThrow(
      "unable to connect: there is no option 'transport'; the options are contract, streams, token,",
    )
  })

  test('refuses the URLs that the other entry refuses', () => {
    expect(() => dial('ftp://chat.example')).toThrow('give a URL with wss:')
  })
})
