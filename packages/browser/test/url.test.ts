import { UsageError } from '@chat/core'
import { describe, expect, it } from 'vitest'
import { socketUrl } from '../src/url.ts'

const page = 'https://app.example/rooms/7?tab=1#top'

describe('the URL of a hub', () => {
  it.each([
    ['/chat', page, 'wss://app.example/chat'],
    ['/chat', 'http://localhost:5173/', 'ws://localhost:5173/chat'],
    ['chat', page, 'wss://app.example/rooms/chat'],
    ['//other.example/chat', page, 'wss://other.example/chat'],
    ['/ws/a%20b?room=x#y', page, 'wss://app.example/ws/a%20b?room=x'],
    ['https://hub.example/chat', page, 'wss://hub.example/chat'],
    ['http://hub.example/chat', 'http://app.example/', 'ws://hub.example/chat'],
    ['ws://127.0.0.1:3000/chat', undefined, 'ws://127.0.0.1:3000/chat'],
    ['ws://localhost:3000/chat', page, 'ws://localhost:3000/chat'],
    ['WSS://HUB.example:443/chat', undefined, 'wss://hub.example/chat'],
  ])('takes %s on %s as %s', (url, on, expected) => {
    expect(socketUrl(url, on).href).toBe(expected)
  })

  it('accepts a URL object, and does not change it', () => {
    const given = new URL('https://hub.example/chat#x')
    expect(socketUrl(given, page).href).toBe('wss://hub.example/chat')
    expect(given.href).toBe('https://hub.example/chat#x')
  })

  it.each([
    ['', page, /give a path such as/],
    ['/chat', undefined, /or a URL such as 'wss:/],
    ['/chat', 'about:blank', /or a URL such as 'wss:/],
    ['http://', page, /or a URL such as 'wss:/],
    ['ftp://hub.example/', page, /with wss:, ws:, https: or http:/],
    ['localhost:3000/chat', page, /with wss:, ws:, https: or http:/],
    ['wss://alice:secret@hub.example/', page, /use the option `token`/],
    ['ws://hub.example/chat', page, /over wss: only/],
  ])('refuses %j on %s and names the alternative', (url, on, reason) => {
    expect(() => socketUrl(url, on)).toThrow(UsageError)
    expect(() => socketUrl(url, on)).toThrow(reason)
  })

  it('leaves secrets out of its error', () => {
    expect(() => socketUrl('wss://alice:secret@hub.example/chat?token=secret', page)).toThrow(
      'unable to connect to "wss://hub.example/chat": ',
    )
  })

  it('refuses a URL that is not set', () => {
    const never: { url?: string } = {}
    expect(() => socketUrl(never.url as string, page)).toThrow(/give a path such as/)
  })
})
