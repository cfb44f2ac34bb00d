import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { connectChromium } from '../../test-support/browser-puppeteer.ts'
import { type Browser, Page } from '../../test-support/browsers.ts'
import { enginesToTest } from '../../test-support/engines.ts'
import { People, type Person } from './people.ts'
import { type Server, start } from './server.ts'

const folder = join(process.env['EXAMPLES_PLACE'] ?? '', 'next')
let server: Server
let people: People
let ada: Person

beforeAll(async () => {
  server = await start(folder)
  people = new People(server.url, 'token', 'WebSocket')
  ada = await people.enter('ada')
  for (const text of ['one', 'two', 'three']) await ada.client.to('#lobby').send('say', { text })
})
afterAll(() => {
  people?.leave()
  server?.kill()
})

test('the server renders the messages of the room into the page', async () => {
  const html = await (await fetch(`${server.url}/lobby?user=bob`)).text()
  const body = html.replace(/<script[\s\S]*?<\/script>/g, '')
  for (const text of ['ada: one', 'ada: two', 'ada: three']) expect(body.split(text)).toHaveLength(2)
})

/**
 * Opens the room in a frame of another page, which looks at it from the first moment on. `scripts: false` is a
 * browser without JavaScript.
 */
async function openInFrame(browser: Browser, { scripts }: { readonly scripts: boolean }): Promise<Page> {
  const page = new Page(await browser.open(`${server.url}/about`))
  onTestFinished(() => page.close())
  await page.evaluate(`(() => {
    const frame = document.createElement('iframe')
    if (!${scripts}) frame.sandbox = 'allow-same-origin'
    frame.src = '/lobby?user=bob'
    window.room = () => frame.contentDocument
    window.lines = () => [...room().querySelectorAll('#log li')].map((line) => line.textContent)
    window.seen = []
    const look = () => {
      const text = room() === null ? '' : lines().join()
      if (text !== seen.at(-1)) seen.push(text)
      requestAnimationFrame(look)
    }
    look()
    document.body.append(frame)
  })()`)
  return page
}

test.skipIf(!enginesToTest().includes('chromium'))(
  'without JavaScript the page shows the messages [needs Chromium]',
  async () => {
    const browser = await connectChromium(inject('chromium'))
    onTestFinished(() => browser.close())
    const page = await openInFrame(browser, { scripts: false })
    await page.until(`lines().length > 0 && room().readyState === 'complete'`)
    expect(await page.evaluate('lines()')).toEqual(['ada: one', 'ada: two', 'ada: three'])
    expect(await page.evaluate(`room().querySelector('#status').textContent`)).toBe('connecting')
  },
)

test.skipIf(!enginesToTest().includes('chromium'))(
  'with JavaScript the messages stay, once each, when the page becomes live [needs Chromium]',
  async () => {
    const browser = await connectChromium(inject('chromium'))
    onTestFinished(() => browser.close())
    const page = await openInFrame(browser, { scripts: true })
    await page.until(`room()?.querySelector('#status')?.textContent === 'connected'`)
    await ada.client.to('#lobby').send('say', { text: 'four' })
    await page.until(`seen.at(-1).includes('ada: four')`)
    const rendered = 'ada: one,ada: two,ada: three'
    expect(await page.evaluate(`seen.filter((text) => text !== '')`)).toEqual([
      rendered,
      `${rendered},ada: four`,
    ])
    expect(await page.evaluate(`seen.lastIndexOf('')`)).toBe(0)
  },
)

test.skipIf(!enginesToTest().includes('chromium'))(
  'what is sent while the page is on its way is not missing [needs Chromium]',
  async () => {
    const browser = await connectChromium(inject('chromium'))
    onTestFinished(() => browser.close())
    const opening = openInFrame(browser, { scripts: true })
    const sent: string[] = []
    for (let n = 0; n < 30; n++) {
      await ada.client.to('#lobby').send('say', { text: `message ${n}` })
      sent.push(`ada: message ${n}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const page = await opening
    await page.until(`lines().includes('ada: message 29')`)
    expect((await page.evaluate<string[]>('lines()')).slice(-30)).toEqual(sent)
  },
)
