import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { connectChromium } from '../../test-support/browser-puppeteer.ts'
import { type Browser, Page } from '../../test-support/browsers.ts'
import { UpgradeProxy } from '../../test-support/upgrade-proxy.ts'
import { type Server, start } from './server.ts'

const folder = join(process.env['EXAMPLES_PLACE'] ?? '', 'vue')
let server: Server
let browser: Browser
const pages: Page[] = []

beforeAll(async () => {
  server = await start(folder)
  browser = await connectChromium(inject('chromium'))
})
afterAll(async () => {
  await browser?.close()
  server?.kill()
})
afterEach(async () => {
  for (const page of pages.splice(0)) await page.close()
})

async function open(name: string, url = server.url): Promise<Page> {
  const page = new Page(await browser.open(`${url}/#${encodeURIComponent(name)}`))
  pages.push(page)
  return page
}

async function connected(name: string, url?: string): Promise<Page> {
  const page = await open(name, url)
  await page.until(`document.querySelector('#status')?.textContent === 'connected'`)
  return page
}

async function write(page: Page, selector: string, text: string): Promise<void> {
  await page.click(selector)
  await page.type(text)
}

test('echo: connect, send, close', async () => {
  const page = await open('echo')
  await page.until(`document.querySelector('#send')?.disabled`)
  await page.click('#connect')
  await page.until(`document.querySelector('#status').textContent === 'connected'`)
  await page.click('#send')
  await page.until(`document.querySelectorAll('#log li').length === 2`)
  expect(await page.text('#log')).toBe('→ hello\n← hello')
  await show(page, 'echo')

  await page.click('#close')
  await page.until(`document.querySelector('#status').textContent === 'closed'`)
  expect(await page.evaluate(`document.querySelector('#send').disabled`)).toBe(true)
})

test('everyone: every open page shows the message once, including the sender’s page and a page where WebSocket is blocked', async () => {
  const proxy = await UpgradeProxy.start(Number(new URL(server.url).port), 'refuse')
  onTestFinished(() => proxy.close())
  const blocked = `http://127.0.0.1:${proxy.port}`
  const all = await Promise.all([
    connected('everyone'),
    connected('everyone', blocked),
    connected('one person'),
  ])
  const [first] = all as [Page, Page, Page]
  await write(first, '#text', 'lunch\n')

  const me = await first.text('#me')
  for (const page of all) {
    await page.until(`document.querySelector('#log').textContent.includes('lunch')`)
    expect(await page.text('#log')).toBe(`${me}: lunch`)
  }
  await show(first, 'everyone')
})

test('one person: only the page named in `to_user` shows the message', async () => {
  const [ada, bob, eve] = await Promise.all(
    ['one person', 'one person', 'one person'].map((name) => connected(name)),
  )
  if (ada === undefined || bob === undefined || eve === undefined) throw new Error('unable to open the pages')
  const [me, him] = [await ada.text('#me'), await bob.text('#me')]
  expect(await bob.text('code')).toBe(`/ws/${him}/`)

  await write(ada, '#to-user', him)
  await write(ada, '#text', 'psst\n')
  await bob.until(`document.querySelector('#log').textContent.includes('psst')`)
  await write(bob, '#text', 'to all\n')
  await eve.until(`document.querySelector('#log').textContent.includes('to all')`)

  expect(await bob.text('#log')).toBe(`${me}: psst\n${him}: to all`)
  expect(await eve.text('#log')).toBe(`${him}: to all`)
  await show(bob, 'one-person')
})

test('a server restart: a message written meanwhile arrives once, or the page reports missing messages', async () => {
  const first = await start(folder)
  onTestFinished(() => first.kill())
  const [ada, bob] = [await connected('one person', first.url), await connected('one person', first.url)]
  await first.stop()
  await ada.until(`document.querySelector('#status').textContent === 'reconnecting'`)
  await write(ada, '#to-user', await bob.text('#me'))
  await write(ada, '#text', 'are you there?\n')

  const second = await start(folder, 'start', new URL(first.url).port)
  onTestFinished(() => second.kill())
  for (const page of [bob, ada]) await page.evaluate(`dispatchEvent(new Event('online'))`) // reconnect at once
  await ada.until(`document.querySelector('#log').textContent.includes('are you there?')`)
  await bob.until(`document.querySelector('#status').textContent === 'connected'`)
  await bob.until(`/are you there|missing/.test(document.querySelector('#log').textContent)`)
  expect((await bob.text('#log')).match(/are you there/g)?.length ?? 0).toBeLessThanOrEqual(1)
}, 60_000)

test("in development, the hub runs on Vite's own server, and a changed component neither leaves nor joins", async () => {
  const developing = await start(folder, 'dev')
  onTestFinished(() => developing.kill())
  const page = await connected('everyone', developing.url)
  await write(page, '#text', 'before\n')
  await page.until(`document.querySelector('#log').textContent.includes('before')`)
  await page.evaluate(`(() => {
    window.written = []
    const { send } = WebSocket.prototype
    WebSocket.prototype.send = function (data) {
      written.push(data)
      send.call(this, data)
    }
  })()`)

  const app = join(folder, 'src', 'BroadcastPage.vue')
  writeFileSync(app, readFileSync(app, 'utf8').replace('<h1>Everyone', '<h1>All'))

  await page.until(`document.querySelector('h1').textContent === 'All'`)
  await wait(3_000) // a handle outlives its last component by two seconds
  await write(page, '#text', 'after\n')
  await page.until(`written.some((data) => data.includes('after'))`)
  expect(await page.evaluate(`written.filter((data) => /"(?:join|leave)"/.test(data))`)).toEqual([])
  const me = await page.text('#me')
  await page.until(`document.querySelectorAll('#log li').length === 2`)
  expect(await page.text('#log')).toBe(`${me}: before\n${me}: after`)
}, 60_000)

/** Takes a screenshot if SCREENSHOTS names a folder. */
async function show(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS']
  if (folder !== undefined) await page.screenshot(join(folder, `vue-${name}.png`))
}
