import { connect } from '@chat/node-ws'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Chromium, launchChromium } from '../../../test-support/browser-puppeteer.ts'
import { Page } from '../../../test-support/browsers.ts'
import { enginesToTest } from '../../../test-support/engines.ts'
import { UpgradeProxy } from '../../../test-support/upgrade-proxy.ts'
import type { Chat } from '../contract.ts'
import { type Example, startExample } from './example.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

describe.skipIf(!enginesToTest().includes('chromium'))(
  '[needs Chromium] the page, behind a proxy that',
  () => {
    let chromium: Chromium
    let example: Example
    let proxy: UpgradeProxy
    let page: Page
    beforeAll(async () => {
      chromium = await launchChromium()
    })
    afterAll(() => chromium?.close())
    beforeEach(async () => {
      example = await startExample()
      proxy = await UpgradeProxy.start(example.port, 'refuse')
    })
    afterEach(async () => {
      await page?.close()
      await proxy?.close()
      await example?.stop()
    })

    test.each(['refuse', 'swallow'] as const)('%ss WebSockets, works without them', async (fate) => {
      proxy.upgrades = fate
      page = new Page(await chromium.open(`http://127.0.0.1:${proxy.port}/?user=ada`))
      await page.until(`document.querySelector('#status')?.dataset.status === 'connected'`, 20_000)
      const eve = connect<Chat>(`ws://127.0.0.1:${example.port}/chat`, { token: 'eve' })
      const heard: string[] = []
      eve.join('#lobby').on('say', ({ text }) => heard.push(text))

      await page.click('#text')
      await page.type('through a proxy\n')
      await page.until(`document.querySelectorAll('#log .row.mine.sent').length === 1`)
      await eve.to('#lobby').send('say', { text: 'hers' })

      const texts = `[...document.querySelectorAll('#log .row .text')].map((p) => p.textContent)`
      await page.until(`${texts}.includes('hers')`)
      expect(await page.evaluate(texts)).toEqual(['through a proxy', 'hers'])
      await vi.waitFor(() => expect(heard).toEqual(['through a proxy', 'hers']))
      eve.close()
    })
  },
)
