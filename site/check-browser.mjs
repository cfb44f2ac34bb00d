// Opens pages of the built site in Chromium: no page may report an error, the search must show the right page first, and
// the demo of the landing page must catch up.
import { existsSync } from 'node:fs'
import puppeteer from 'puppeteer-core'
import { expected } from './search.mjs'
import { serveFiles } from './serve-files.mjs'

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const base = process.env.DOCS_BASE ?? '/'
const pages = [
  '',
  'guides/concepts',
  'guides/performance',
  'guides/frameworks',
  'api/',
  'api/core/',
  'api/core/interfaces/Hub',
]

/** Throws for the first page that fails. Without Chromium it says so, and in CI it throws. */
export async function checkInBrowser() {
  if (!existsSync(executablePath)) {
    if (process.env.CI) throw new Error(`there is no ${executablePath}; set CHROMIUM to a browser`)
    return console.log(`docs: the site was not opened, because there is no ${executablePath}`)
  }
  const { origin, close } = await serveFiles(base)
  const browser = await puppeteer.launch({ executablePath, args: ['--no-sandbox'] })
  try {
    for (const path of pages) await openQuietly(browser, origin, path)
    await searchInPage(browser, `${origin}guides/concepts`)
    await cutAndRepair(browser, origin)
  } finally {
    await browser.close()
    close()
  }
}

/** Opens a page wide and narrow, and throws when it reports an error or is wider than the window. */
async function openQuietly(browser, origin, path) {
  const page = await browser.newPage()
  const errors = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  await page.goto(`${origin}${path}`, { waitUntil: 'networkidle0' })
  for (const width of [1440, 390]) {
    await page.setViewport({ width, height: 900 })
    const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    if (excess > 0) errors.push(`the page is ${excess} pixels too wide for a window of ${width}`)
  }
  await page.close()
  if (errors.length > 0) throw new Error(`/${path} in the browser: ${errors.join('; ')}`)
}

async function searchInPage(browser, url) {
  const [[word, wanted]] = Object.entries(expected)
  const page = await browser.newPage()
  await page.goto(url, { waitUntil: 'networkidle0' })
  await page.click('.DocSearch-Button')
  await page.locator('.VPLocalSearchBox input').fill(word)
  const first = await page.waitForSelector('.VPLocalSearchBox .result')
  const href = await first.evaluate((link) => link.getAttribute('href'))
  await page.close()
  if (!wanted.test(href)) throw new Error(`the search of the page leads from "${word}" to ${href} first`)
}

/** Cuts the line of a person, lets the other write, and waits until the message is caught up. */
async function cutAndRepair(browser, url) {
  const page = await browser.newPage()
  await page.setViewport({ width: 1440, height: 1_100 })
  await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }])
  await page.goto(url, { waitUntil: 'networkidle0' })
  const [ada, ben] = ['.phone:nth-child(1)', '.phone:nth-child(2)']
  await page.waitForSelector(`${ben} .state.up`)
  await page.click(`${ben} .line`)
  await page.type(`${ada} input`, 'hello')
  await page.click(`${ada} form button`)
  await page.waitForSelector(`${ada} li:not(.waiting)`)
  await page.click(`${ben} .line`)
  await page.waitForSelector(`${ben} li.late`)
  await page.close()
}
