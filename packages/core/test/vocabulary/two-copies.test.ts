import { ChatError, type Schema, systemRuntime, UncertainError, UsageError } from '@chat/core'
import { OutboxDisk } from '@chat/testing'
import { describe, expect, test, vi } from 'vitest'

const text = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value: unknown) =>
      typeof value === 'string' ? { value } : { issues: [{ message: 'must be a text' }] },
  },
} as Schema<string>

/** The errors of another copy of the package, as a bundler or a monorepo may load it. */
async function otherCopy(): Promise<typeof import('@chat/core')> {
  vi.resetModules()
  const copy = await import('@chat/core')
  expect(copy.ChatError).not.toBe(ChatError)
  return copy
}

describe('two copies of the package', () => {
  test('an error of one copy is an instance of the class of the other copy', async () => {
    const other = await otherCopy()
    expect(new other.ChatError('shop/sold_out', '')).toBeInstanceOf(ChatError)
    expect(new ChatError('shop/sold_out', '')).toBeInstanceOf(other.ChatError)
    expect(new other.UncertainError('')).toBeInstanceOf(UncertainError)
    expect(new other.UncertainError('')).toBeInstanceOf(ChatError)
    expect(new other.UsageError('')).toBeInstanceOf(UsageError)
  })

  test('an error is no instance of a sibling or a subclass', async () => {
    const other = await otherCopy()
    class SoldOut extends ChatError {}
    expect(new other.ChatError('shop/sold_out', '')).not.toBeInstanceOf(SoldOut)
    expect(new other.ChatError('shop/sold_out', '')).not.toBeInstanceOf(UncertainError)
    expect(new other.UsageError('')).not.toBeInstanceOf(UncertainError)
    expect(new SoldOut('shop/sold_out', '')).toBeInstanceOf(SoldOut)
    expect(new SoldOut('shop/sold_out', '')).toBeInstanceOf(other.ChatError)
    for (const value of [null, undefined, 1, 'text', {}, new Error('x')])
      expect(value).not.toBeInstanceOf(ChatError)
  })

  test('the code that a handler of another copy throws reaches the client', async () => {
    const { stage } = await import('../support/stage.ts')
    const s = stage()
    s.hub.handle('buy', () => {
      throw new ChatError('shop/sold_out', 'it is sold out')
    })
    const alice = await s.client('alice')
    expect(await alice.call(['call', 1, 'buy', null])).toMatchObject({ ok: false, code: 'shop/sold_out' })
  })

  test('the parts of a hub and a client may come from another copy', async () => {
    const other = await otherCopy()
    const { Client, Hub } = await import('@chat/core')
    const dial = (): Promise<never> => new Promise(() => {})
    const storage = { read: () => null, write: () => {} }
    const contract = other.contract({ events: { say: text }, streams: { answer: other.stream(text) } })
    expect(() => new Hub({ contract })).not.toThrow()
    const parts = {
      contract,
      streams: other.readStreams,
      snapshot: other.restoreFrom(() => null),
      positions: other.keepPositions(storage),
      outbox: other.openOutbox(new OutboxDisk(systemRuntime).openPage()),
    }
    expect(() => new Client({ dial, ...parts } as never).close()).not.toThrow()
  })

  test('a cursor and a handler of asks take a room and a client of another copy', async () => {
    const other = await otherCopy()
    const { handleAsk, readMessages } = await import('@chat/core')
    const client = new other.Client({ dial: () => new Promise(() => {}) })
    expect(() => readMessages(client.join('#room') as never)).not.toThrow()
    expect(() => handleAsk(client as never, 'sure' as never, () => true as never)).not.toThrow()
    client.close()
  })

  test('a room of another copy can be watched', async () => {
    const other = await otherCopy()
    const client = new other.Client({ dial: () => new Promise(() => {}) })
    const { watchPresence } = await import('../../src/client/subscriptions/watch-presence.ts')
    expect(() => watchPresence(client.join('#room'))).not.toThrow()
    client.close()
  })
})

test('the name of an error is a text, which no bundler shortens', () => {
  const shortened = { a: class a extends ChatError {} }
  expect(new shortened.a('busy', '').name).toBe('ChatError')
  expect(new UncertainError('').name).toBe('UncertainError')
  expect(new UsageError('').name).toBe('UsageError')
})
