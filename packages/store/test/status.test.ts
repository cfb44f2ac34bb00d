import { status } from '@chat/store'
import { world } from '@chat/testing'
import { describe, expect, test } from 'vitest'
import { open } from './support/open.ts'

describe('the status of a client', () => {
  test('has the wait for the next attempt, second by second', () =>
    world({ seed: 1 }, async (w) => {
      const hub = w.hub(open)
      const client = await w.client(hub, 'alice')
      const store = status(client)
      const seen: [string, number | null][] = []
      store.subscribe(() => {
        const shown = store.snapshot()
        seen.push([shown.status, shown.retryIn])
      })
      expect(store.snapshot()).toEqual({ status: 'connected', retryIn: null, error: null })
      w.link(client).cut('1m')
      await w.advance('30s')
      const waits = seen.flatMap(([, wait]) => wait ?? [])
      expect(store.snapshot().status).toBe('reconnecting')
      expect(waits.length).toBeGreaterThan(3)
      expect(waits.every((wait) => wait % 1_000 === 0 && wait <= 21_000)).toBe(true)
      expect(waits.some((wait, i) => waits[i + 1] === wait - 1_000)).toBe(true)
      await w.advance('1m')
      expect(store.snapshot()).toEqual({ status: 'connected', retryIn: null, error: null })
    }))

  test('is the same object while nothing changes', () =>
    world({ seed: 1 }, async (w) => {
      const client = await w.client(w.hub(open), 'alice')
      const store = status(client)
      let calls = 0
      store.subscribe(() => calls++)
      const shown = store.snapshot()
      await w.advance('1m')
      expect([store.snapshot() === shown, calls]).toEqual([true, 0])
    }))

  test('connects at once by a button', () =>
    world({ seed: 1 }, async (w) => {
      const client = await w.client(w.hub(open), 'alice')
      const store = status(client)
      store.subscribe(() => {})
      w.link(client).cut('20s')
      await w.advance('20s')
      expect(store.snapshot().status).toBe('reconnecting')
      store.reconnect()
      await w.advance('1s')
      expect(store.snapshot().status).toBe('connected')
    }))

  test('is closed with its reason, and the button does nothing then', () =>
    world({ seed: 1 }, async (w) => {
      const hub = w.hub(open)
      const client = await w.client(hub, 'alice')
      const store = status(client)
      store.subscribe(() => {})
      await hub.kick('@alice')
      await w.advance('1s')
      expect(store.snapshot()).toMatchObject({ status: 'closed', retryIn: null })
      expect(store.snapshot().error).not.toBeNull()
      store.reconnect()
      expect(store.snapshot().status).toBe('closed')
    }))
})
