import { Hub } from '@chat/core'
import { expect, onTestFinished, test } from 'vitest'
import { httpHandler } from '../src/index.ts'
import { PlainClient } from './support/plain-client.ts'

async function opened(): Promise<PlainClient> {
  const hub = new Hub({ authenticate: ({ token }) => ({ id: String(token) }), authorize: () => true })
  onTestFinished(() => hub.close({ deadline: 0 }))
  return PlainClient.open(httpHandler(hub, { path: '/chat' }).fetch)
}

/** A `hello` of a size, in bytes. */
const helloOf = (size: number): string =>
  JSON.stringify(['hello', { v: [1, 1], token: 'alice' }]).padEnd(size, ' ')

/** A body in chunks of one byte that counts the chunks that were read. */
function bytewise(text: string, size: number): { body: ReadableStream; read: () => number } {
  let at = 0
  const body = new ReadableStream({
    pull(controller) {
      if (at >= size) return controller.close()
      controller.enqueue(new TextEncoder().encode(at < text.length ? text.charAt(at) : ' '))
      at++
    },
  })
  return { body, read: () => at }
}

test('a body of more than 16 KiB before the `welcome` gets 413 and 4514, and is read no further (SEC-04, P-HS-2)', async () => {
  const client = await opened()
  const { body, read } = bytewise('', 200_000)

  expect(await client.post(body)).toBe(413)

  expect(await client.next()).toMatchObject({ type: 'close', data: expect.stringContaining('4514') })
  expect(read()).toBeLessThan(17_000)
})

test('a body that announces more than 16 KiB is not read at all', async () => {
  const client = await opened()
  const { body, read } = bytewise('', 200_000)

  expect(await client.post(body, { 'content-length': '16385' })).toBe(413)

  expect(read()).toBeLessThan(5)
})

test('a `hello` of 16 KiB is answered, in chunks of one byte too', async () => {
  const client = await opened()

  expect(await client.post(bytewise(helloOf(16_384), 16_384).body)).toBe(204)

  expect((await client.next()).data).toMatch(/^\["welcome"/)
})

test('after the `welcome` a client may post its largest transmission', async () => {
  const client = await opened()
  await client.post(helloOf(100))
  expect((await client.next()).data).toMatch(/^\["welcome"/)
  const sends = Array.from({ length: 4 }, (_, i) => `["send",${i + 1},"#a","say","${'x'.repeat(60_000)}"]`)

  expect(await client.post(sends.join('\n'))).toBe(204)
})
