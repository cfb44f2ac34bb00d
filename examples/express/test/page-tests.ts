import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Browser, launch, Page } from '../../../test-support/browsers.ts'
import { type Engine, enginesToTest } from '../../../test-support/engines.ts'
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

    test('takes any name that people have, and another name later', async () => {
      const page = await open('?user=J%C3%B6rg+M%C3%BCller')
      await page.until(`${status('connected')} && ${focus('text')}`)
      expect(await page.evaluate(`document.querySelector('#name').value`)).toBe('Jörg Müller')
      await page.evaluate(`document.querySelector('#name').select()`)
      await page.type('Grace Hopper\n')
      await page.until(`location.search === '?user=Grace+Hopper' && ${status('connected')}`)
      await page.until(`${here} === 'You'`)
    })

    test('sends to everyone here, and to one person in all tabs', async () => {
      const ada = await enter('ada')
      const bob = await enter('bob')
      const bobsOtherTab = await enter('bob')
      const eve = await enter('eve')
      await write(ada, 'hello room')
      await ada.until(says('.mine.sent', 'hello room'))
      for (const page of [bob, bobsOtherTab, eve]) await page.until(says('.line.received', 'hello room'))

      await ada.until(`${here} === 'You | bob 2 tabs | eve'`)
      await ada.click('#here button')
      await ada.until(focus('text'))
      await ada.type('psst\n')
      await ada.until(says('.mine.private.sent', 'psst'))
      for (const page of [bob, bobsOtherTab]) await page.until(says('.private.received', 'psst'))
      await ada.click('#to-all')
      await ada.type('all again\n')
      await eve.until(says('.received:not(.private)', 'all again'))
      expect(await eve.evaluate(count('psst'))).toBe(0)
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

    test('shows each person in the room once, who is away, and removes people who have left', async () => {
      const ada = await enter('ada')
      await ada.until(`${here} === 'You'`)
      const bob = await enter('bob')
      const bobsOtherTab = await enter('bob')
      await ada.until(`${here} === 'You | bob 2 tabs'`)
      await bob.until(`${here} === 'You 2 tabs | ada'`)

      // A closed tab leaves at once, without the grace for lost connections.
      await close(bobsOtherTab)
      await ada.until(`${here} === 'You | bob'`, 8_000)
      await bob.evaluate(look('hidden'))
      await ada.until(`document.querySelector('#here .away')?.textContent === 'bob'`)
      await bob.evaluate(look('visible'))
      await ada.until(`document.querySelector('#here .away') === null`)
      await close(bob)
      await ada.until(`${here} === 'You'`, 8_000)
    })

    test('shows earlier messages once', async () => {
      const ada = await enter('ada')
      await write(ada, 'remember me')
      await ada.until(says('.sent', 'remember me'))
      const eve = await enter('eve')
      await eve.until(says('.received', 'remember me'))
      expect(await eve.evaluate(count('remember me'))).toBe(1)
    })

    test('counts what a person with a cut line has missed, and has got when the line is mended', async () => {
      const ada = await enter('ada')
      const bob = await enter('bob')
      await bob.until(`${here} === 'You | ada'`)
      await ada.until(`${here} === 'You | bob'`)
      await ada.click('#line')
      await ada.until(status('reconnecting'))
      await ada.until(`${lamps} === 0`)
      await bob.click('#burst')
      await bob.until(says('.mine.sent', 'line 20'))
      // What was typed before the line was cut is no longer typed when the line is mended.
      await ada.click('#text')
      await ada.type('wait')
      await ada.type(' for me\n')
      await ada.until(says('.mine.waiting', 'wait for me'))
      expect(await ada.evaluate(count('line 1'))).toBe(0)

      await ada.click('#line')
      await ada.until(`/missed 20, got 20$/.test(document.querySelector('#log .caught')?.textContent)`)
      await bob.until(says('.received', 'wait for me'))
      await ada.until(says('.mine.sent', 'wait for me'))
      expect(await bob.text('#typing')).toBe('')
      expect(await ada.evaluate(`${texts}.filter((t) => /^line/.test(t)).join()`)).toBe(
        Array.from({ length: 20 }, (_, i) => `line ${i + 1}`).join(),
      )
      expect(await ada.evaluate(`document.querySelector('#log .gap')`)).toBeNull()
    })

    test('shows a call, and that its handler throws', async () => {
      const ada = await enter('ada')
      await write(ada, '/roll 1')
      await ada.until(says('.received', 'ada rolls 1'))
      await write(ada, '/roll 0')
      await ada.until(`/terminal tells more/.test(document.querySelector('#log .note')?.textContent)`)
    })

    test('shows two people side by side, each with a client', async () => {
      const page = await open('')
      await page.until(both((person) => `${person}.querySelector('#status')?.dataset.status === 'connected'`))
      await page.evaluate(`(${left}.querySelector('#text').value = 'to the right',
        ${left}.querySelector('#composer').requestSubmit())`)
      await page.until(both((person) => `${person}.querySelector('#log').innerText.includes('to the right')`))
      expect(await page.evaluate(`${right}.querySelector('#here').innerText`)).toMatch(/You\s+Ada Lovelace/)
    })

    // The engines differ in nothing that a restart meets; server.test.ts tests the restart itself.
    if (engine === 'chromium')
      test('has a button that restarts the server under both people', async () => {
        const supervised = await startExample({}, 'start.ts')
        const page = new Page(await browser.open(supervised.url))
        pages.push(page)
        const all = both((person) => `${person}.querySelectorAll('#log .line').length === 20`)
        await page.until(
          both((person) => `${person}.querySelector('#status')?.dataset.status === 'connected'`),
        )
        await page.evaluate(`${left}.querySelector('#burst').click()`)
        await page.until(`${all} && /20 messages/.test(document.querySelector('#server').textContent)`)
        await page.click('#restart')
        const caughtUp = (person: string) => `${person}.querySelector('#log .caught')?.textContent`
        await page.until(
          both((person) => `/nothing missed$/.test(${caughtUp(person)})`),
          30_000,
        )
        await page.until(`${all} && !document.querySelector('#restart').disabled`)
        expect(await page.evaluate(both((person) => `!${person}.querySelector('#log .gap')`))).toBe(true)
        await supervised.stop()
      })

    test('the ten lines of the README run as a page', async () => {
      const page = await open('client.html')
      await page.until(
        `/Grace: hi/.test(document.body.innerText) && /Grace rolls [1-6]/.test(document.body.innerText)`,
      )
    })

    // A killed server: faults/page.faults.ts.
    test('goes on at a server that has lost its messages, and claims no number of them', async () => {
      const ada = await enter('ada')
      const bob = await enter('bob')
      await write(ada, 'before it')
      await bob.until(says('.received', 'before it'))

      await example.stop()
      for (const page of [ada, bob]) await page.until(status('reconnecting'))
      await write(ada, 'meanwhile')
      await ada.until(says('.mine.waiting', 'meanwhile'))

      example = await startExample({ PORT: String(example.port) })
      for (const page of [ada, bob]) await page.until(status('connected'), 45_000)
      await ada.until(says('.mine.sent', 'meanwhile'))
      await bob.until(says('.received', 'meanwhile'))
      await bob.until(`/new log/.test(document.querySelector('#log .gap')?.textContent)`)
      for (const page of [ada, bob]) expect(await page.evaluate(count('meanwhile'))).toBe(1)
    })
  })
}

async function write(page: Page, text: string): Promise<void> {
  await page.click('#text')
  await page.type(`${text}\n`)
}

const [left, right] = ['left', 'right'].map((id) => `document.getElementById('${id}').contentDocument`) as [
  string,
  string,
]
/** An expression that is true for both people of the page with two. */
const both = (seen: (person: string) => string): string => `${seen(left)} && ${seen(right)}`
const status = (name: string): string => `document.querySelector('#status')?.dataset.status === '${name}'`
const focus = (id: string): string => `document.activeElement?.id === '${id}'`
/** The people in the list, with the note beside the name. */
const here = `[...document.querySelectorAll('#here .chip')].map((chip) => [...chip.children].map((part) => part.textContent).filter(Boolean).join(' ')).join(' | ')`
/** Number of people whose lamp is on. */
const lamps = `[...document.querySelectorAll('#here .lamp')].filter((lamp) => getComputedStyle(lamp).boxShadow === 'none').length`
/** The browser's event for a tab that becomes visible or hidden. */
const look = (state: string): string => `(
  Object.defineProperty(document, 'hidden', { get: () => ${state === 'hidden'}, configurable: true }),
  void document.dispatchEvent(new Event('visibilitychange'))
)`
const texts = `[...document.querySelectorAll('#log .row .text')].map((p) => p.textContent)`
const count = (text: string): string => `${texts}.filter((t) => t === '${text}').length`
const says = (row: string, text: string): string =>
  `[...document.querySelectorAll('#log .row${row} .text')].some((p) => p.textContent === '${text}')`
