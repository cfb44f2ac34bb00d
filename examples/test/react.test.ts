import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { connectChromium } from '../../test-support/browser-puppeteer.ts'
import { type Browser, Page } from '../../test-support/browsers.ts'
import { type Server, start } from './server.ts'

const folder = join(process.env['EXAMPLES_PLACE'] ?? '', 'react')
let browser: Browser
beforeAll(async () => {
  browser = await connectChromium(inject('chromium'))
})
afterAll(() => browser?.close())

// The tests of the example itself are in its folder; here is the copy that a reader makes.
describe.each(['start', 'production'] as const)('a copy of the support chat with `npm run %s`', (script) => {
  let server: Server
  const pages: Page[] = []
  beforeAll(async () => {
    server = await start(folder, script)
  })
  afterAll(() => server?.kill())
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.close()
  })

  async function enter(name: string): Promise<Page> {
    const page = new Page(await browser.open(server.url))
    pages.push(page)
    const button = `[...document.querySelectorAll('button')].find((each) => each.innerText.includes('${name}'))`
    await page.until(button, 60_000)
    await page.evaluate(`${button}.click()`)
    await page.until(`document.querySelector('.people summary')?.innerText.includes('here')`, 60_000)
    return page
  }

  test('two people talk, and the assistant answers', async () => {
    const [amina, mei] = [await enter('Amina Diallo'), await enter('Mei Tanaka')]
    await mei.click('.room > .composer textarea')
    await mei.type('@Assistant, where is my parcel?\n')
    for (const page of [amina, mei]) {
      await page.until(`document.querySelectorAll('.line').length === 2`)
      await page.until(`!document.querySelector('p.open')`, 60_000)
    }
    expect(await amina.text('.line p')).toBe('@Assistant, where is my parcel?')
    expect(await amina.text('.line:last-child p')).toContain('Mei Tanaka')
  }, 200_000)
})
