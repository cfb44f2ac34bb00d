import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { watchPresence } from '@chat/core'
import { afterAll, afterEach, beforeAll, expect, inject, onTestFinished, test, vi } from 'vitest'
import { connectChromium } from '../../test-support/browser-puppeteer.ts'
import { type Browser, Page } from '../../test-support/browsers.ts'
import { UpgradeProxy } from '../../test-support/upgrade-proxy.ts'
import { People } from './people.ts'
import { type Server, start } from './server.ts'

const folder = join(process.env['EXAMPLES_PLACE'] ?? '', 'svelte')
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

/** Opens the page of a user, connected. */
async function open(user: string, url = server.url): Promise<Page> {
  const page = new Page(await browser.open(`${url}/?user=${user}`))
  pages.push(page)
  await page.until(`document.querySelector('#status')?.textContent === 'connected'`)
  return page
}

async function say(page: Page, text: string): Promise<void> {
  await page.click('#text')
  await page.type(`${text}\n`)
}

const linesOf = (page: Page): Promise<unknown> =>
  page.evaluate(`[...document.querySelectorAll('#log li')].map((line) => line.textContent.trim())`)

/** Waits until a line with the text is stored. */
const stored = (page: Page, text: string): Promise<unknown> =>
  page.until(
    `[...document.querySelectorAll('#log li[data-state=stored]')].some((line) => line.textContent.includes('${text}'))`,
  )

test('every page shows each message once, also a page where WebSocket is blocked, and a page that comes later', async () => {
  const proxy = await UpgradeProxy.start(Number(new URL(server.url).port), 'refuse')
  onTestFinished(() => proxy.close())
  const [ada, bob] = [await open('ada'), await open('bob', `http://127.0.0.1:${proxy.port}`)]
  await ada.until(`document.querySelector('#people').textContent.split(', ').sort().join() === 'ada,bob'`)
  await say(ada, 'lunch?')
  await stored(bob, 'lunch?')
  await say(bob, 'at noon')
  await stored(ada, 'at noon')
  const later = await open('eve')
  await stored(later, 'at noon')
  for (const page of [ada, bob, later]) expect(await linesOf(page)).toEqual(['ada: lunch?', 'bob: at noon'])
  await show(ada, 'lobby')
})

test('a page tells who types, until the message comes', async () => {
  const [ada, bob] = [await open('ada'), await open('bob')]
  await ada.until(`document.querySelector('#people').textContent.includes('bob')`)
  await bob.click('#text')
  await bob.type('so')
  await ada.until(`document.querySelector('#typing').textContent === 'bob: typing …'`)
  await bob.type('on\n')
  await ada.until(`document.querySelector('#typing').textContent === ''`)
})

test('a message that is written while the server is down is on the page at once, and is stored once', async () => {
  const first = await start(folder)
  onTestFinished(() => first.kill())
  const ada = await open('ada', first.url)
  await first.stop()
  await ada.until(`document.querySelector('#status').textContent === 'reconnecting'`)
  await say(ada, 'are you there?')
  await ada.until(
    `document.querySelector('#log li[data-state=waiting]')?.textContent.includes('are you there?')`,
  )

  const second = await start(folder, 'start', new URL(first.url).port)
  onTestFinished(() => second.kill())
  await ada.evaluate(`dispatchEvent(new Event('online'))`) // reconnect at once
  await stored(ada, 'are you there?')
  const bob = await open('bob', second.url)
  await stored(bob, 'are you there?')
  expect(await linesOf(bob)).toEqual(['ada: are you there?'])
}, 60_000)

test('in development, a changed component neither leaves nor joins', async () => {
  const developing = await start(folder, 'dev')
  onTestFinished(() => developing.kill())
  const people = new People(developing.url, 'token', 'WebSocket')
  onTestFinished(() => people.leave())
  const { client } = await people.enter('watcher')
  const page = await open('ada', developing.url)
  await say(page, 'before')
  await stored(page, 'before')
  const moves: string[] = []
  const here = watchPresence(client.join('#lobby'), {
    onChange({ joined, left }) {
      moves.push(...joined.map(({ user }) => `+${user}`), ...left.map(({ user }) => `-${user}`))
    },
  })
  await vi.waitFor(() => expect(here.users.has('ada')).toBe(true), 10_000)
  moves.length = 0

  const component = join(folder, 'src', 'Lobby.svelte')
  writeFileSync(component, readFileSync(component, 'utf8').replace('  Here:', '  Here now:'))

  await page.until(`document.body.textContent.includes('Here now:')`)
  await wait(3_000) // a handle outlives its last component by two seconds
  expect(moves).toEqual([])
  expect(await linesOf(page)).toEqual(['ada: before'])
  await say(page, 'after')
  await stored(page, 'after')
}, 60_000)

/** Takes a screenshot if SCREENSHOTS names a folder. */
async function show(page: Page, name: string): Promise<void> {
  const screenshots = process.env['SCREENSHOTS']
  if (screenshots !== undefined) await page.screenshot(join(screenshots, `svelte-${name}.png`))
}
