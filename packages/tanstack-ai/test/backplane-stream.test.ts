import { systemRuntime } from '@chat/core'
import type { Backplane } from '@chat/core/backplane'
import { MemoryBackplane, MemoryStore } from '@chat/core/memory'
import { sqliteBackplane } from '@chat/sqlite'
import {
  EventType,
  replayRunStream,
  resumeHttpResponse,
  resumeServerSentEventsResponse,
  type StreamChunk,
  toHttpResponse,
  toServerSentEventsResponse,
} from '@tanstack/ai'
import Database from 'libsql'
import { afterEach, describe, expect, test } from 'vitest'
import { backplaneStream } from '../src/index.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const url = 'http://127.0.0.1/chat'
const producer = (run: string): Request => new Request(url, { method: 'POST', headers: { 'X-Run-Id': run } })
const reader = (run: string, offset: string): Request => {
  const query = new URLSearchParams({ runId: run, offset })
  return new Request(`${url}?${query}`)
}

/** Chunks of a run that says some words. */
async function* run(words: readonly string[], between?: () => Promise<void>): AsyncGenerator<StreamChunk> {
  yield { type: EventType.RUN_STARTED, threadId: 't', runId: 'r' }
  yield { type: EventType.TEXT_MESSAGE_START, messageId: 'm', role: 'assistant' }
  for (const delta of words) {
    yield { type: EventType.TEXT_MESSAGE_CONTENT, messageId: 'm', delta }
    await between?.()
  }
  yield { type: EventType.TEXT_MESSAGE_END, messageId: 'm' }
  yield { type: EventType.RUN_FINISHED, threadId: 't', runId: 'r' }
}

/** Reads the events of a response, at most `most`, then leaves. */
async function events(response: Response, most = Number.POSITIVE_INFINITY) {
  const found: { id: string; chunk: StreamChunk }[] = []
  let text = ''
  const decoder = new TextDecoder()
  for await (const part of response.body as ReadableStream<Uint8Array>) {
    text += decoder.decode(part, { stream: true })
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const id = /^id: ?(.*)$/m.exec(block)?.[1]
      const data = /^data: ?(.*)$/m.exec(block)?.[1]
      if (id !== undefined && data !== undefined) found.push({ id, chunk: JSON.parse(data) as StreamChunk })
      if (found.length >= most) return found
    }
  }
  return found
}

const wordsOf = (chunks: readonly StreamChunk[]): string[] =>
  chunks.flatMap((chunk) => (chunk.type === EventType.TEXT_MESSAGE_CONTENT ? [chunk.delta] : []))
const heard = (found: readonly { chunk: StreamChunk }[]): string[] => wordsOf(found.map(({ chunk }) => chunk))

const words = Array.from({ length: 40 }, (_, n) => `w${n} `)

const backplanes: [string, () => Backplane][] = [
  ['in memory', () => new MemoryBackplane(new MemoryStore(systemRuntime))],
  ['on SQLite', () => sqliteBackplane(new Database(':memory:'))],
]

describe.each(backplanes)('a run %s', (_, make) => {
  function start(): Backplane {
    const backplane = make()
    closing.push(() => backplane.close())
    return backplane
  }

  test('is sent as it is, with an offset for each chunk', async () => {
    const adapter = backplaneStream(start(), producer('r1'))
    const found = await events(toServerSentEventsResponse(run(words), { durability: { adapter } }))
    expect(heard(found)).toEqual(words)
    expect(new Set(found.map(({ id }) => id)).size).toBe(found.length)
  })

  test('goes on after every offset, each chunk once', async () => {
    const backplane = start()
    const adapter = backplaneStream(backplane, producer('r1'))
    const all = await events(toServerSentEventsResponse(run(words), { durability: { adapter, batch: 7 } }))
    for (const [index, { id }] of all.entries()) {
      const rest = await events(
        resumeServerSentEventsResponse({ adapter: backplaneStream(backplane, reader('r1', id)) }),
      )
      expect(rest).toEqual(all.slice(index + 1))
    }
  })

  test('reaches a reader that comes back in the middle, and one that joins from the beginning', async () => {
    const backplane = start()
    const steps: (() => void)[] = []
    const between = (): Promise<void> => new Promise((resolve) => steps.push(resolve))
    const adapter = backplaneStream(backplane, producer('r1'))
    const response = toServerSentEventsResponse(run(words.slice(0, 6), between), {
      durability: { adapter, batch: 1 },
    })
    const reading = events(response)
    const drive = setInterval(() => steps.shift()?.(), 5)
    closing.push(() => clearInterval(drive))

    const early = await events(
      resumeServerSentEventsResponse({ adapter: backplaneStream(backplane, reader('r1', '-1')) }),
      4,
    )
    const later = backplaneStream(
      backplane,
      new Request(url, { headers: { 'Last-Event-ID': early[3]?.id ?? '' } }),
    )
    const rest = await events(resumeServerSentEventsResponse({ adapter: later }))
    expect([...early, ...rest]).toEqual(await reading)
  })

  test('is the same over newline-delimited JSON', async () => {
    const backplane = start()
    const durability = { adapter: backplaneStream(backplane, producer('r1')) }
    const lines = (await toHttpResponse(run(words), { durability }).text()).trim().split('\n')
    const sent = lines.map((line) => JSON.parse(line) as { id: string })
    const adapter = backplaneStream(backplane, reader('r1', sent[10]?.id ?? ''))
    const rest = (await resumeHttpResponse({ adapter }).text()).trim().split('\n')
    expect(rest.map((line) => JSON.parse(line) as unknown)).toEqual(sent.slice(11))
  })

  test('whose model fails tells later readers so, and ends', async () => {
    const backplane = start()
    async function* failing(): AsyncGenerator<StreamChunk> {
      yield { type: EventType.RUN_STARTED, threadId: 't', runId: 'r' }
      throw new Error('the model is out of order')
    }
    const adapter = backplaneStream(backplane, producer('r1'))
    const debug = false
    await events(toServerSentEventsResponse(failing(), { durability: { adapter }, debug }))
    const again = backplaneStream(backplane, { runId: 'r1', offset: '-1' })
    const types: unknown[] = []
    for await (const chunk of replayRunStream(again)) types.push(chunk.type)
    expect(types.at(-1)).toBe(EventType.RUN_ERROR)
  })

  test('has a snapshot that does not wait for its end', async () => {
    const backplane = start()
    const adapter = backplaneStream(backplane, { runId: 'r1' })
    expect(await adapter.snapshot()).toEqual([])
    const offsets = await adapter.append([
      { type: EventType.TEXT_MESSAGE_CONTENT, messageId: 'm', delta: 'a' },
      { type: EventType.TEXT_MESSAGE_CONTENT, messageId: 'm', delta: 'b' },
    ])
    expect((await adapter.snapshot()).map(({ offset }) => offset)).toEqual(offsets)
  })

  test('is stored in several entries when a batch is large', async () => {
    const backplane = start()
    const adapter = backplaneStream(backplane, { runId: 'r1' })
    const delta = 'x'.repeat(100_000)
    const chunk: StreamChunk = { type: EventType.TEXT_MESSAGE_CONTENT, messageId: 'm', delta }
    const offsets = await adapter.append([chunk, chunk, chunk, chunk, chunk])
    expect(new Set(offsets).size).toBe(5)
    expect((await adapter.snapshot()).map(({ offset }) => offset)).toEqual(offsets)
  })

  test('of another owner is unknown', async () => {
    const backplane = start()
    const alice = backplaneStream(backplane, producer('r1'), { owner: 'alice' })
    const all = await events(toServerSentEventsResponse(run(words), { durability: { adapter: alice } }))
    const read = (offset: string) =>
      backplaneStream(backplane, reader('r1', offset), { owner: 'mallory' })
        .read(offset)
        [Symbol.asyncIterator]()
    await expect(read(all[3]?.id ?? '').next()).rejects.toMatchObject({ code: 'not_found' })
    await expect(read('-1').next()).rejects.toMatchObject({ code: 'not_found' })
  })

  test('can be read from now on', async () => {
    const backplane = start()
    const adapter = backplaneStream(backplane, { runId: 'r1' })
    const chunk = (delta: string): StreamChunk => ({
      type: EventType.TEXT_MESSAGE_CONTENT,
      messageId: 'm',
      delta,
    })
    await adapter.append([chunk('a')])
    const later = adapter.read('now')[Symbol.asyncIterator]()
    const next = later.next()
    await new Promise((resolve) => setImmediate(resolve))
    await adapter.append([chunk('b')])
    expect(await next).toMatchObject({ value: { chunk: chunk('b') } })
    await adapter.close()
    await adapter.close()
    expect(await later.next()).toMatchObject({ done: true })
  })

  test('ends for a reader whose signal aborts', async () => {
    const adapter = backplaneStream(start(), { runId: 'r1' })
    await adapter.append([{ type: EventType.RUN_STARTED, threadId: 't', runId: 'r' }])
    const aborter = new AbortController()
    const reading = adapter.read('-1', aborter.signal)[Symbol.asyncIterator]()
    await reading.next()
    const end = reading.next()
    aborter.abort()
    expect(await end).toMatchObject({ done: true })
  })
})

test('a malformed offset, a long id and an unknown option are refused', () => {
  const backplane = new MemoryBackplane(new MemoryStore(systemRuntime))
  expect(() => backplaneStream(backplane, reader('r', 'memory:v1:r:3'))).toThrow(/not one of this log/)
  expect(() => backplaneStream(backplane, { runId: 'x'.repeat(129) })).toThrow(/1 to 128 characters/)
  expect(() => backplaneStream(backplane, { runId: 'r' }, { ttl: 1 } as object)).toThrow(/no option 'ttl'/)
})
