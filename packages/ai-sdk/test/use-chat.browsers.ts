import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Hub } from '@chat/core'
import { attach } from '@chat/node-ws'
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Browser, launch, Page } from '../../../test-support/browsers.ts'
import { enginesToTest } from '../../../test-support/engines.ts'
import { Model, startHub } from './support.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const words = Array.from({ length: 40 }, (_, index) => `w${index} `)
const whole = words.join('').trim()

describe.skipIf(!enginesToTest().includes('chromium'))('useChat in Chromium [needs it]', () => {
  let browser: Browser
  let url = ''
  let conversations = 0
  const model = new Model(words, 25)
  const hub = startHub(model)
  const pages: Page[] = []
  const server = createServer()

  beforeAll(async () => {
    const script = await bundle()
    server.on('request', (request, response) => {
      const isScript = request.url === '/main.js'
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html; charset=utf-8')
      response.end(isScript ? script : '<!doctype html><body><script type="module" src="/main.js"></script>')
    })
    attach(hub as Hub, server, { path: '/chat' })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    browser = await launch('chromium')
  })
  afterAll(async () => {
    await browser?.close()
    await hub.close({ deadline: 0 })
    server.closeAllConnections()
    server.close()
  })
  afterEach(async () => {
    model.release()
    model.stopped = 0
    for (const page of pages.splice(0)) await page.close()
  })

  async function open(id = `c${++conversations}`): Promise<{ page: Page; id: string }> {
    const page = new Page(await browser.open(`${url}#${id}`))
    pages.push(page)
    await page.until(`document.querySelector('#status')`)
    return { page, id }
  }

  async function say(page: Page, text: string): Promise<void> {
    await page.click('#text')
    await page.type(`${text}\n`)
  }

  const reload = async (page: Page): Promise<void> => {
    await page.evaluate('void (window.old = true, location.reload())')
    await page.until(`window.old === undefined && document.querySelector('#status')`)
  }

  /** Returns the texts of the messages on the page. */
  const texts = (page: Page): Promise<string[]> =>
    page.evaluate(`[...document.querySelectorAll('p')].map((line) => line.textContent.trim())`)

  test('a message is answered word by word', async () => {
    const { page } = await open()
    model.holdHalfway()
    await say(page, 'hello')
    await page.until(shows('w5'))
    expect((await texts(page)).at(-1)).not.toBe(whole)
    model.release()
    await page.until(ready)
    expect(await texts(page)).toEqual(['hello', whole])
  })

  test('a reload in the middle goes on, and no word comes twice', async () => {
    const { page } = await open()
    model.holdHalfway()
    await say(page, 'go on')
    await page.until(shows('w3'))
    await reload(page)
    await page.until(`${status} === 'streaming'`)
    expect((await texts(page)).at(-1)).not.toBe(whole)
    model.release()
    await page.until(ready)
    expect(await texts(page)).toEqual(['go on', whole])
    expect(model.stopped).toBe(0)
    await reload(page)
    expect(await texts(page)).toEqual(['go on', whole])
  })

  test('stop aborts the model on the server, and keeps the words so far', async () => {
    const { page } = await open()
    model.holdHalfway()
    await say(page, 'stop it')
    await page.until(shows('w3'))
    await page.click('#stop')
    await page.until(ready)
    await vi.waitFor(() => expect(model.stopped).toBe(1), { timeout: 5_000 })
    const [, answer = ''] = await texts(page)
    expect(whole.startsWith(answer)).toBe(true)
    expect(answer).not.toBe(whole)
  })

  test('stop after a reload aborts the model', async () => {
    const { page } = await open()
    model.holdHalfway()
    await say(page, 'stop later')
    await page.until(shows('w3'))
    await reload(page)
    await page.until(`${status} === 'streaming'`)
    await page.click('#stop')
    await page.until(ready)
    await vi.waitFor(() => expect(model.stopped).toBe(1), { timeout: 5_000 })
  })

  test('an error of the server is shown, and another answer can be asked for', async () => {
    const { page } = await open()
    await say(page, 'fail')
    await page.until(`${status} === 'error'`)
    expect(await page.text('#error')).toBe('internal')
    await say(page, 'and now?')
    await page.until(ready)
    expect(await texts(page)).toEqual(['fail', 'and now?', whole])
  })

  test('the model gets the whole conversation, and of answers that were asked for again only the last', async () => {
    const { page } = await open()
    await say(page, 'first')
    await page.until(`${shows('w39')} && ${ready}`)
    await page.click('#again')
    await page.until(`${status} !== 'ready'`)
    await page.until(`${shows('w39')} && ${ready}`)
    await say(page, 'second')
    await page.until(`document.querySelectorAll('p').length === 4 && ${ready}`)
    expect(model.calls.slice(-2)).toEqual([['first'], ['first', `${whole} `, 'second']])
    expect(await texts(page)).toEqual(['first', whole, 'second', whole])
  })

  test('a second page reads the same answer, and its stop ends it for both', async () => {
    const { page, id } = await open()
    model.holdHalfway()
    await say(page, 'both')
    await page.until(shows('w3'))
    const { page: second } = await open(id)
    await second.until(`${status} === 'streaming'`)
    await second.click('#stop')
    await page.until(ready)
    await vi.waitFor(() => expect(model.stopped).toBe(1), { timeout: 5_000 })
  })
})

const status = `document.querySelector('#status').textContent`
const ready = `${status} === 'ready'`
const shows = (text: string): string =>
  `[...document.querySelectorAll('.assistant')].at(-1)?.textContent.includes(${JSON.stringify(text)})`

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('page/main.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['@chat/source'],
    define: { 'process.env.NODE_ENV': '"development"' },
    write: false,
  })
  return outputFiles.map(({ text }) => text).join('\n')
}
