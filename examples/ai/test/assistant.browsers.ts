import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Browser, launch, Page } from '../../../test-support/browsers.ts'
import { enginesToTest } from '../../../test-support/engines.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 })

const folder = fileURLToPath(new URL('..', import.meta.url))
const last = 'the place that it has reached.'

describe.skipIf(!enginesToTest().includes('chromium'))('the assistant in Chromium [needs it]', () => {
  let browser: Browser
  let server: ChildProcess
  let url = ''
  const data = mkdtempSync(join(tmpdir(), 'chat-ai-'))
  const pages: Page[] = []

  beforeAll(async () => {
    server = spawn(process.execPath, ['--import', 'tsx', '--conditions=@chat/source', 'start.ts'], {
      cwd: folder,
      env: { ...process.env, PORT: '0', PACE: '20', DATA: join(data, 'conversations.db') },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [output] = await once(server.stdout as NonNullable<typeof server.stdout>, 'data')
    url = /http:\S+/.exec(String(output))?.[0] ?? ''
    browser = await launch('chromium')
  })
  afterAll(async () => {
    await browser?.close()
    server?.kill('SIGTERM')
    if (server !== undefined) await once(server, 'close')
    rmSync(data, { recursive: true, force: true })
  })
  afterEach(async () => {
    for (const page of pages.splice(0)) {
      await page.evaluate('localStorage.clear()')
      await page.close()
    }
  })

  async function open(): Promise<Page> {
    const page = new Page(await browser.open(url))
    pages.push(page)
    await page.until(`document.querySelector('#status').textContent === 'connected'`)
    return page
  }

  /** Asks, and waits until the answer has begun. */
  async function ask(page: Page, text: string): Promise<void> {
    await page.click('#text')
    await page.type(`${text}\n`)
    await page.until(words(`You said “${text}”. This is`))
  }

  test('an answer comes word by word, and again as a whole after a reload', async () => {
    const page = await open()
    await ask(page, 'hello')
    expect(await page.text('.words')).not.toContain(last)
    await page.until(`${words(last)} && ${ended}`, 60_000)

    await page.click('#reload')
    await page.until(`${words('You said “hello”.')} && ${words(last)} && ${ended}`)
    expect(await page.evaluate(`document.querySelectorAll('.prompt, .answer').length`)).toBe(2)
  })

  test('an answer goes on after a reload in the middle, and no word comes twice', async () => {
    const page = await open()
    await ask(page, 'go on')
    await page.click('#reload')
    await page.until(`${words(last)} && ${ended}`, 60_000)
    expect(await page.evaluate(`document.querySelector('.words').textContent.split('scripted').length`)).toBe(
      2,
    )
  })

  test('Stop in a second tab stops the model for both', async () => {
    const page = await open()
    const tab = await open()
    const user = await page.evaluate<string>('localStorage.user')
    if ((await tab.evaluate<string>('localStorage.user')) !== user) {
      await tab.evaluate(
        `Object.assign(localStorage, ${JSON.stringify(await page.evaluate('({ ...localStorage })'))})`,
      )
      await tab.click('#reload')
    }
    await ask(page, 'stop it')
    await tab.until(words('You said “stop it”. This is'))
    await tab.click('.stop')
    for (const each of [page, tab])
      await each.until(`document.querySelector('.note').textContent === 'Stopped.'`)
    expect(await page.text('.words')).not.toContain(last)
    expect(await tab.text('.words')).toBe(await page.text('.words'))
  })

  test('a server that is killed comes back, and answers the prompt anew', async () => {
    const page = await open()
    await ask(page, 'survive')
    await page.click('#kill')
    await page.until(`document.querySelectorAll('.answer').length === 2`, 60_000)
    await page.until(
      `[...document.querySelectorAll('.words')].at(-1).textContent.includes('${last}')`,
      60_000,
    )
  })
})

const words = (text: string): string =>
  `document.querySelector('.words')?.textContent.includes(${JSON.stringify(text)})`
const ended = `document.querySelector('.answer.open') === null`
