import type { ConnectionHints } from '@chat/core'
import { afterEach, expect, test, vi } from 'vitest'
import { sendPageHints } from '../src/page-hints.ts'

const hints = (): ConnectionHints => ({
  wake: vi.fn(),
  check: vi.fn(),
  move: vi.fn(),
  online: vi.fn(),
})

afterEach(() => {
  vi.unstubAllGlobals()
})

test('a platform without events of a page, such as React Native, connects without hints', () => {
  vi.stubGlobal('addEventListener', undefined)
  vi.stubGlobal('document', {})
  expect(() => sendPageHints(hints())()).not.toThrow()
})

test('a platform with some of the events of a page gives the hints of those', () => {
  const target = new EventTarget()
  vi.stubGlobal('addEventListener', target.addEventListener.bind(target))
  const client = hints()
  const stop = sendPageHints(client)
  target.dispatchEvent(new Event('online'))
  target.dispatchEvent(new Event('offline'))
  expect(vi.mocked(client.online).mock.calls).toEqual([[true], [false]])

  stop()
  target.dispatchEvent(new Event('online'))
  expect(client.online).toHaveBeenCalledTimes(2)
})

test('a page that is opened offline says so at once', () => {
  vi.stubGlobal('navigator', { onLine: false })
  const client = hints()
  sendPageHints(client)()
  expect(vi.mocked(client.online).mock.calls).toEqual([[false]])
})
