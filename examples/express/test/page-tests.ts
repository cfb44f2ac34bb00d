import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Browser, launch, Page } from '../../../test-support/browsers.ts'
import { type Engine, enginesToTest } from '../../../test-support/engines.ts'
import { keys } from '../../../test-support/keys.ts'
import { type Example, startExample } from './example.ts'

/**
 * Tests of the page in a browser engine, as people use it. Each engine has a file of its own, so that the engines run in
 * parallel. A missing engine is reported, with the command that installs it, and fails in CI.
 */
export function pageTests(engine: Engine): void {
  vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 })
  describe.skipIf(!enginesToTest().includes(engine))(`the page in ${engine} [needs it]`, () => {
    let browser: Browser
    let example: Example
    const pages: Page[] = []
    beforeAll(async () => {
      example = await startExample()
      browser = await launch(engine)
    })
    afterAll(async () => {
      await browser?.close()
      await example?.stop()
    })
    afterEach(async () => {
      for (const page of pages.splice(0)) await page.close()
    })

    async function open(query: string): Promise<Page> {
      const page = new Page(await browser.open(`${example.url}/${query}`))
      pages.push(page)
      return page
    }

    async function close(page: Page): Promise<void> {
      pages.splice(pages.indexOf(page), 1)
      await page.close()
    }

    async function enter(name: string): Promise<Page> {
      const page = await open(`?user=${name}`)
      await page.until(status('connected'))
      return page
    }

    test('asks for a name, and saves it', async () => {
      const page = await open('')
      await page.until(`document.querySelector('#who')?.open`)
      await page.type(keys.escape)
      await page.until(`document.querySelector('#who').open && ${focus('name')}`)
      await page.type('grace\n')
      await page.until(status('connected'))
      expect(await page.text('#my-name')).toBe('grace')
      expect(await page.evaluate('location.search')).toBe('?user=grace')
      await page.evaluate(`history.replaceState(null, '', '/')`)
      await page.evaluate('void setTimeout(() => location.reload())')
      await page.until(`location.search === '?user=grace' && ${status('connected')}`)
    })

    test('works with the keyboard alone', async () => {
      const page = await enter('ada')
      await page.until(focus('text'))
      await page.click('#rename')
      await page.until(`document.querySelector('#who')?.open`)
      await page.type(keys.escape)
      await page.until(`!document.querySelector('#who').open`)
      await page.evaluate(`document.querySelector('#room-name').focus()`)
      await page.type('#harbour\n')
      await page.until(`document.querySelector('#title').textContent === 'harbour' && ${focus('text')}`)
      await page.type('first\n')
      await page.until(says('.sent', 'first'))
      await page.click('#leave')
      await page.until(`document.querySelector('#title').textContent === 'lobby'`)
    })

    test('sends to a room, to a person in all tabs, and to everyone', async () => {
      const ada = await enter('ada')
      const bob = await enter('bob')
      const bobsOtherTab = await enter('bob')

      await ada.click('#text')
      await ada.type('hello room\n')
      await ada.until(says('.mine.sent', 'hello room'))
      for (const page of [bob, bobsOtherTab]) await page.until(says('.line.received', 'hello room'))

      await ada.type('@bob psst\n')
      await ada.until(says('.mine.sent', 'psst'))
      for (const page of [bob, bobsOtherTab]) {
        await page.until(`document.querySelector('#people .badge')?.textContent === '1'`)
        expect(await page.text('#log')).not.toContain('psst')
        await page.click('#people .item')
        await page.until(says('.line.received', 'psst'))
      }
      await bob.type('what is it?\n')
      await ada.until(says('.line.received', 'what is it?'))

      await ada.click('input[value=everyone]')
      await ada.click('#text')
      await ada.type('fire drill\n')
      for (const page of [bob, bobsOtherTab]) await page.until(says('.announcement.received', 'fire drill'))
      await ada.until(says('.announcement.sent', 'fire drill'))
    })

    test('shows that a person is typing, and has stopped', async () => {
      const ada = await enter('ada')
      const bob = await enter('bob')
      await bob.click('#text')
      await bob.type('h')
      await ada.until(`document.querySelector('#typing').textContent === 'bob is typing'`)
      await bob.type('i\n')
      await ada.until(says('.line.received', 'hi'))
      expect(await ada.text('#typing')).toBe('')
    })

    test('shows each person in the room once, and removes people who have left', async () => {
      const ada = await enter('ada')
      await ada.until(`${subtitle} === 'Only you are here'`)
      const bob = await enter('bob')
      const bobsOtherTab = await enter('bob')
      await ada.until(`${here} === 'ada: you | bob: 2 tabs'`)
      await bob.until(`${here} === 'bob: you, 2 tabs | ada'`)
      await ada.until(`${subtitle} === 'You and bob are here'`)
      expect(await ada.evaluate(`document.querySelector('#subtitle').ariaLive`)).toBe('polite')

      // A closed tab leaves at once, without the grace for lost connections.
      await close(bobsOtherTab)
      await ada.until(`${here} === 'ada: you | bob'`, 8_000)
      await bob.evaluate('globalThis.left = true, void setTimeout(() => location.reload())')
      await bob.until(`!globalThis.left && ${here} === 'bob: you | ada'`)
      await ada.until(`${here} === 'ada: you | bob'`, 8_000)
      await close(bob)
      await ada.until(`${subtitle} === 'Only you are here'`, 8_000)
    })

    test('shows a hidden tab as away, and the people of each room', async () => {
      const ada = await enter('ada')
      const bob = await enter('bob')
      await bob.evaluate(look('hidden'))
      await ada.until(`${here} === 'ada: you | bob: away'`)
      await bob.evaluate(look('visible'))
      await ada.until(`${here} === 'ada: you | bob'`)
      await ada.evaluate(`document.querySelector('#room-name').focus()`)
      await ada.type('attic\n')
      await ada.until(`${here} === 'ada: you'`)
      expect(await ada.text('#here-title')).toBe('Here in attic')
      await ada.evaluate(`document.querySelector('#rooms .item').click()`)
      await ada.until(`${here} === 'ada: you | bob'`)
      await ada.click('#here button')
      await ada.until(`document.querySelector('#title').textContent === 'bob'`)
    })

    test('shows earlier messages once', async () => {
      const ada = await enter('ada')
      await ada.click('#text')
      await ada.type('remember me\n')
      await ada.until(says('.sent', 'remember me'))
      const eve = await enter('eve')
      await eve.until(says('.received', 'remember me'))
      expect(await eve.evaluate(count('remember me'))).toBe(1)
    })

    // A killed server: faults/page.faults.ts.
    test('recovers when the server is restarted', async () => {
      const ada = await enter('ada')
      const bob = await enter('bob')
      await ada.click('#text')
      await ada.type('before it\n')
      await bob.until(says('.received', 'before it'))

      await example.stop()
      for (const page of [ada, bob]) await page.until(status('reconnecting'))
      await ada.type('meanwhile\n')
      await ada.until(says('.mine.waiting', 'meanwhile'))

      example = await startExample({ PORT: String(example.port) })
      for (const page of [ada, bob]) await page.until(status('connected'), 45_000)
      await ada.until(says('.mine.sent', 'meanwhile'))
      await bob.until(says('.received', 'meanwhile'))
      await bob.until(`document.querySelector('#log .gap')`)
      for (const page of [ada, bob]) expect(await page.evaluate(count('meanwhile'))).toBe(1)
    })
  })
}

const status = (name: string): string => `document.querySelector('#status')?.dataset.status === '${name}'`
const focus = (id: string): string => `document.activeElement?.id === '${id}'`
const subtitle = `document.querySelector('#subtitle').textContent`
/** The people in the list, each with the note beside the name. */
const here = `[...document.querySelectorAll('#here .item')]
  .map((item) => ['.item-name', '.item-note'].map((part) => item.querySelector(part).textContent).filter(Boolean).join(': '))
  .join(' | ')`
/** The browser's event for a tab that becomes visible or hidden. */
const look = (state: string): string => `(
  Object.defineProperty(document, 'visibilityState', { get: () => '${state}', configurable: true }),
  void document.dispatchEvent(new Event('visibilitychange'))
)`
const texts = `[...document.querySelectorAll('#log .row .text')].map((p) => p.textContent)`
const count = (text: string): string => `${texts}.filter((t) => t === '${text}').length`
const says = (row: string, text: string): string =>
  `[...document.querySelectorAll('#log .row${row} .text')].some((p) => p.textContent === '${text}')`
