import { systemRuntime } from '@chat/core'
import { MemoryBackplane, MemoryStore } from '@chat/core/memory'
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import { expect, test } from 'vitest'
import { mcpEventStore } from '../src/index.ts'

const make = (): MemoryBackplane => new MemoryBackplane(new MemoryStore(systemRuntime))
const message = (n: number): JSONRPCMessage => ({ jsonrpc: '2.0', method: 'n', params: { n } })

/** Returns the messages after an event, with their ids. */
async function replay(store: ReturnType<typeof mcpEventStore>, after: string): Promise<[string, unknown][]> {
  const sent: [string, unknown][] = []
  await store.replayEventsAfter(after, { send: async (id, found) => void sent.push([id, found]) })
  return sent
}

test('a replay has the later messages of the same stream, in order and with their ids', async () => {
  const store = mcpEventStore(make(), 's')
  const first = await store.storeEvent('a/ä', message(1))
  await store.storeEvent('b', message(2))
  const rest = await Promise.all([3, 4].map((n) => store.storeEvent('a/ä', message(n))))
  expect(await replay(store, first)).toEqual([
    [rest[0], message(3)],
    [rest[1], message(4)],
  ])
  expect(await store.getStreamIdForEventId?.(first)).toBe('a/ä')
})

test('a replay leaves out the empty messages with which streams begin', async () => {
  const store = mcpEventStore(make(), 's')
  const first = await store.storeEvent('a', {} as JSONRPCMessage)
  await store.storeEvent('a', {} as JSONRPCMessage)
  const id = await store.storeEvent('a', message(1))
  expect(await replay(store, first)).toEqual([[id, message(1)]])
})

test('a session has no events of another', async () => {
  const backplane = make()
  const id = await mcpEventStore(backplane, 's').storeEvent('a', message(1))
  await mcpEventStore(backplane, 's').storeEvent('a', message(2))
  await expect(replay(mcpEventStore(backplane, 't'), id)).rejects.toMatchObject({ code: 'not_found' })
})

test.each(['', 'a', 'a/b/c', '///', 'e/1/i/%', 'e/0/i/a', 'e/1e3/i/a', 'e/1/i/a/b'])(
  'the id %j belongs to no event',
  async (id) => {
    const store = mcpEventStore(make(), 's')
    expect(await store.getStreamIdForEventId?.(id)).toBeUndefined()
    await expect(replay(store, id)).rejects.toMatchObject({ code: 'bad_request' })
  },
)

test('a session without an id, and an option that does not exist, are a UsageError', () => {
  expect(() => mcpEventStore(make(), '')).toThrow(/1 to 128 characters/)
  expect(() => mcpEventStore(make(), 's', { retention: 1 } as object)).toThrow(/no option 'retention'/)
})
