import { contract, type StreamReader, stream } from '@chat/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { fast } from '../../../test-support/fast.ts'
import { FaultProxy } from '../../../test-support/fault-proxy.ts'
import { connect } from '../src/index.ts'
import { startNode } from './support/through-proxy.ts'

const chat = contract({ streams: { answer: stream(z.string()) } })

/** Starts a hub behind a proxy, and a client in the room `#a` that waits for a stream. */
async function enter() {
  const { hub, port } = await startNode()
  const proxy = await FaultProxy.start(port)
  onTestFinished(() => proxy.close())
  const client = connect<typeof chat>(`ws://127.0.0.1:${proxy.port}/chat`, {
    token: 'alice',
    contract: chat,
    runtime: fast,
    connectTimeout: 60_000,
  })
  onTestFinished(() => client.close())
  const room = client.join('#a')
  const began = new Promise<StreamReader<string>>((resolve) => room.on('answer', resolve))
  await room.ready
  return { proxy, began, writer: await hub.to('#a').stream('answer') }
}

describe('a stream over a real connection', () => {
  test('survives resets: no part is missing, none comes twice', async () => {
    const { proxy, began, writer } = await enter()
    const reader = await began
    let read = ''
    const loop = (async () => {
      for await (const part of reader) read += part
    })()
    let whole = ''
    for (let i = 0; i < 200; i++) {
      whole += `${i},`
      await writer.write(`${i},`)
      if (i % 50 === 25) proxy.reset()
      if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await writer.end()
    await loop
    expect(read).toBe(whole)
    expect(await reader.result).toMatchObject({ state: 'done', value: whole, complete: true })
  })

  test('gives a slow loop parts joined', async () => {
    const { began, writer } = await enter()
    const reader = await began
    const parts: string[] = []
    const loop = (async () => {
      for await (const part of reader) {
        parts.push(part)
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    })()
    for (let i = 0; i < 500; i++) await writer.write('word ')
    await writer.end()
    await loop
    expect(parts.join('')).toBe('word '.repeat(500))
    expect(parts.length).toBeLessThan(250)
  })

  test('is cancelled by its reader while a model runs', async () => {
    const { began, writer } = await enter()
    const reader = await began
    async function* model(): AsyncGenerator<string> {
      while (!writer.signal.aborted) {
        yield 'word '
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
    }
    const end = writer.pipe(model())
    for await (const _ of reader) break
    await reader.cancel()
    expect(await reader.result).toMatchObject({ state: 'cancelled', complete: true })
    expect(await end).toMatchObject({ state: 'cancelled' })
  })
})
