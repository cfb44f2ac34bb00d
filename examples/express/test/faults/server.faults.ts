import { createServer } from 'node:net'
import { join } from 'node:path'
import { connect } from '@chat/node-ws'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Chat } from '../../contract.ts'
import { hubOf, welcomed } from '../clients.ts'
import { type Example, runExample, startExample, temporaryFolder } from '../example.ts'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

describe('the process', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'prints its address when it listens, and ends with 0 on %s',
    async (signal) => {
      const example = await startExample()
      expect(example.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
      expect(await example.stop(signal)).toBe(0)
    },
  )

  test('listens on HOST and PORT', async () => {
    const port = await freePort()
    const example = await startExample({ HOST: '::1', PORT: String(port) })
    expect(example.url).toBe(`http://[::1]:${port}`)
    expect((await fetch(example.url)).status).toBe(200)
    await example.stop()
  })

  test('reports in one line that its port is in use', async () => {
    const example = await startExample()
    const { code, output, errors } = await runExample({ PORT: String(example.port) })
    expect(errors).toBe(`unable to listen: port ${example.port} is in use; set PORT to another\n`)
    expect(output).toBe('')
    expect(code).toBe(1)
    await example.stop()
  })

  test('reports in one line that its file is in use, or cannot be used', async () => {
    const DATA = join(temporaryFolder(), 'chat.db')
    const example = await startExample({ DATA })
    const { code, errors } = await runExample({ DATA })
    expect(errors).toMatch(/^unable to open the backplane: the file \S+chat\.db is in use by [^\n]+\n$/)
    expect(code).toBe(1)
    await example.stop()
    const unusable = await runExample({ DATA: temporaryFolder() })
    expect(unusable.errors).toMatch(/^[^\n]+\n$/)
    expect(unusable.code).toBe(1)
  })

  test.each(['SIGINT', 'SIGKILL'] as const)(
    'keeps its messages when it is started again after %s',
    async (signal) => {
      const DATA = join(temporaryFolder(), 'chat.db')
      const first = await startExample({ DATA })
      const alice = connect<Chat>(`ws://127.0.0.1:${first.port}/chat`, { token: 'alice' })
      for (const text of ['one', 'two']) await alice.to('#lobby').send('say', { text })
      alice.close()
      await first.stop(signal)
      const second = await startExample({ DATA })
      const bob = connect<Chat>(`ws://127.0.0.1:${second.port}/chat`, { token: 'bob' })
      const lobby = bob.join('#lobby')
      await lobby.ready
      const { messages } = await lobby.history()
      expect(messages.map(({ data }) => data)).toEqual([{ text: 'one' }, { text: 'two' }])
      bob.close()
      await second.stop()
    },
  )

  test.each(['http', '70000', '80.5'])('reports in one line that PORT=%j is not a port', async (port) => {
    const { code, errors } = await runExample({ PORT: port })
    expect(errors).toMatch(/^unable to listen: [^\n]+\n$/)
    expect(code).toBe(1)
  })

  test('ignores a second signal, such as npm adds to the signal of the terminal', async () => {
    const example = await startExample()
    const client = await welcomed(hubOf(example), { token: 'alice' })
    const code = example.stop('SIGINT')
    await client.next('bye')
    example.process.kill('SIGINT')
    expect(await client.closeCode()).toBe(4001)
    expect(await code).toBe(0)
  })

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'says bye to its clients on %s, closes with 4001, and ends with 0 (P-LV-5)',
    async (signal) => {
      const example = await startExample()
      const client = await welcomed(hubOf(example), { token: 'alice' })
      const code = example.stop(signal)
      expect(await client.next('bye')).toMatchObject(['bye', 4001, expect.any(String), {}])
      expect(await client.closeCode()).toBe(4001)
      expect(await code).toBe(0)
    },
  )
})

test('npm start at the root starts it, and passes signals on', async () => {
  const example = await startExample({}, 'npm start')
  expect((await fetch(example.url)).status).toBe(200)
  expect(await example.stop()).toBe(0)
  await expect(fetch(example.url)).rejects.toThrow()
})

test('a restart that the page asks for ends the process, and starts another on the same port and file', async () => {
  const example = await startExample({}, 'start.ts')
  const before = await about(example)
  expect(before).toMatchObject({ written: 0, restarts: true })
  const ada = connect<Chat>(`ws://127.0.0.1:${example.port}/chat`, { token: 'ada' })
  await ada.to('#lobby').send('say', { text: 'kept' })
  expect(await restart(example, { origin: example.url })).toBe(202)
  await vi.waitFor(async () => {
    const after = await about(example)
    expect(after).toMatchObject({ written: 1 })
    expect(after).not.toMatchObject({ process: before.process })
  }, 10_000)
  ada.close()
  // The server ends also when its starter was killed.
  await example.stop('SIGKILL')
  await expect.poll(() => fetch(example.url).catch(() => 'ended'), { timeout: 5_000 }).toBe('ended')
})

describe('the server', () => {
  let example: Example
  beforeAll(async () => {
    example = await startExample()
  })
  afterAll(() => example.stop())

  test('refuses a restart to other pages, and where no other process would follow', async () => {
    expect(await about(example)).toMatchObject({ restarts: false })
    for (const headers of [{}, { origin: 'https://evil.example' }, { origin: example.url }])
      expect(await restart(example, headers)).toBe(403)
  })

  test('shows a handler that throws in the terminal, and to the client only as `internal`', async () => {
    let errors = ''
    example.process.stderr?.on('data', (chunk) => {
      errors += chunk
    })
    const ada = connect<Chat>(`ws://127.0.0.1:${example.port}/chat`, { token: 'ada' })
    expect(await ada.call('roll', { sides: 1 })).toBe(1)
    await expect(ada.call('roll', { sides: 0 })).rejects.toMatchObject({ code: 'internal' })
    await expect.poll(() => errors).toMatch(/^handler RangeError.*server\.ts:\d+/s)
    ada.close()
  })

  test('serves the page and all its files', async () => {
    const page = await get('/')
    expect(page.type).toContain('text/html')
    const parts = [...page.text.matchAll(/(?:src|href)="(\/[^"]*)"/g)].map(([, path = '']) => path)
    expect(parts).toEqual(expect.arrayContaining(['/main.js', '/style.css', '/icon.svg', '/client.html']))
    for (const path of [...parts, '/client.js']) expect((await get(path)).status, path).toBe(200)
  })

  test('serves no content from another host', async () => {
    for (const path of ['/', '/style.css', '/icon.svg']) {
      const { text } = await get(path)
      expect(text, path).not.toMatch(/(?:src|href|action)\s*=\s*["']?(?:https?:)?\/\/|url\(|@import/)
    }
    const { headers } = await get('/')
    expect(headers.get('content-security-policy')).toContain("default-src 'self'")
    expect(headers.get('content-security-policy')).not.toMatch(/https?:|wss?:|\*|unsafe/)
  })

  test('answers 404 for unknown paths', async () => {
    for (const path of ['/server.ts', '/main.ts', '/../package.json', '/chat/more'])
      expect((await get(path)).status, path).toBe(404)
  })

  async function get(path: string) {
    const response = await fetch(example.url + path)
    const { status, headers } = response
    return { status, headers, type: headers.get('content-type'), text: await response.text() }
  }
})

const about = async ({ url }: Example) => (await fetch(`${url}/server`)).json()
const restart = async ({ url }: Example, headers: Record<string, string>) =>
  (await fetch(`${url}/restart`, { method: 'POST', headers })).status

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '::1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
