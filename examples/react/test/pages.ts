import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Browser, launch, Page } from '../../../test-support/browsers.ts'
import { type Engine, enginesToTest } from '../../../test-support/engines.ts'
import { type Server, startServer } from './support/server.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 })

/** Tests the pages in an engine, if this machine has it. */
export function testPages(engine: Engine): void {
  describe.skipIf(!enginesToTest().includes(engine))(`the support chat in ${engine} [needs it]`, () =>
    supportChat(engine),
  )
}

function supportChat(engine: Engine): void {
  let browser: Browser
  let server: Server
  const pages: Page[] = []
  beforeAll(async () => {
    server = await startServer()
    browser = await launch(engine)
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.close()
  })

  /** Opens a window of a user, who signs in as a person does. */
  async function open(user: string, name: string, url = server.url): Promise<Page> {
    const page = new Page(await browser.open(url))
    pages.push(page)
    await page.until(button(name))
    await page.evaluate(`${button(name)}.click()`)
    await page.until(`location.search === '?user=${user}' && document.querySelector('.composer')`)
    return page
  }

  const room = async (page: Page, name: string): Promise<void> => {
    await page.evaluate(`${button(name, '.rooms ')}.click()`)
    await page.until(`document.querySelector('.room')?.ariaLabel === '${name}'`)
  }
  async function say(page: Page, text: string): Promise<void> {
    await page.click('.room > .composer textarea')
    await page.type(`${text}\n`)
  }
  const unique = (text: string): string => `${text} in ${engine}`

  test('two people see who is here, who types, and each line once, in the same order', async () => {
    const amina = await open('amina', 'Amina Diallo')
    const mei = await open('mei', 'Mei Tanaka')
    await amina.until(`document.querySelector('.people summary').innerText.includes('2 here')`)
    await mei.click('.room > .composer textarea')
    await mei.type('where')
    await amina.until(`document.querySelector('.typing').innerText === 'Mei Tanaka is typing …'`)
    await mei.type(unique(' is my parcel\n').replace('\n', '').concat('\n'))
    await amina.until(lineOf(unique('where is my parcel')))
    await amina.until(`document.querySelector('.typing').innerText === ''`)
    await say(amina, unique('on its way'))
    for (const page of [amina, mei]) await page.until(lineOf(unique('on its way')))
    expect(await texts(mei, engine)).toEqual([unique('where is my parcel'), unique('on its way')])
    expect(await texts(amina, engine)).toEqual(await texts(mei, engine))
    await show(amina, `${engine}-talk`)
  })

  test('edits, reactions and removals are on both pages', async () => {
    const jonas = await open('jonas', 'Jonas Weber')
    const amina = await open('amina', 'Amina Diallo')
    await say(jonas, unique('helo'))
    await amina.until(lineOf(unique('helo')))
    await press(jonas, unique('helo'), 'Edit')
    await jonas.click('.line .composer textarea')
    await jonas.evaluate(`document.activeElement.setSelectionRange(99, 99)`)
    await jonas.type(' again\n')
    await amina.until(lineOf(`${unique('helo')} again`))
    await press(amina, `${unique('helo')} again`, '👍')
    await jonas.until(
      `${lineOf(`${unique('helo')} again`)}.querySelector('[aria-pressed]')?.innerText === '👍 1'`,
    )
    await say(jonas, unique('secret'))
    await amina.until(lineOf(unique('secret')))
    // An agent removes it for everyone.
    await press(amina, unique('secret'), 'Remove')
    await jonas.until(`!${lineOf(unique('secret'))}`)
    expect(await jonas.text('.line:last-child')).toContain('This message was removed.')
  })

  test('scrolling back reads older lines, and keeps its place', async () => {
    const luca = await server.enter('luca')
    const staff = luca.join('#staff')
    await staff.ready
    for (let n = 0; n < 100; n++) await staff.send('say', { text: unique(`line ${n}.`) })
    const amina = await open('amina', 'Amina Diallo')
    await room(amina, 'Staff only')
    await amina.until(lineOf(unique('line 99.')))
    expect(await amina.evaluate(atEnd)).toBe(true)
    expect(await amina.evaluate(`!!${lineOf(unique('line 60.'))}`)).toBe(false)
    const first = unique('line 70.')
    await amina.evaluate(`(${log}.scrollTop = 150)`)
    await amina.until(lineOf(unique('line 45.')))
    const top = await amina.evaluate<number>(
      `${lineOf(first)}.getBoundingClientRect().top - ${log}.getBoundingClientRect().top`,
    )
    expect(top).toBeGreaterThan(-200)
    expect(top).toBeLessThan(400)
    // A line that comes meanwhile does not move it either.
    await staff.send('say', { text: unique('one more') })
    await amina.until(lineOf(unique('one more')))
    expect(
      await amina.evaluate(
        `${lineOf(first)}.getBoundingClientRect().top - ${log}.getBoundingClientRect().top`,
      ),
    ).toBeCloseTo(top, -1)
    await show(amina, `${engine}-scrolled`)
    // It is read when the end of the list is on the screen, and not before.
    const unread = `${button('Staff only', '.rooms ')}.querySelector('.unread')`
    await amina.until(`${unread}?.innerText === '1'`)
    await amina.evaluate(`(${log}.scrollTop = ${log}.scrollHeight)`)
    await amina.until(`!${unread}`)
  })

  test('unread lines are counted, until one of the devices shows the room', async () => {
    const phone = await open('mei', 'Mei Tanaka')
    const laptop = await open('mei', 'Mei Tanaka')
    const jonas = await server.enter('jonas')
    for (const page of [phone, laptop]) await room(page, 'Delivery')
    await jonas.to('#billing').send('say', { text: unique('my invoice') })
    for (const page of [phone, laptop])
      await page.until(`${button('Billing', '.rooms ')}.querySelector('.unread')`)
    await room(phone, 'Billing')
    for (const page of [phone, laptop])
      await page.until(`!${button('Billing', '.rooms ')}.querySelector('.unread')`)
  })

  test('a line that waits for the network is there after a reload, and is sent once', async () => {
    const amina = await open('amina', 'Amina Diallo')
    const proxy = await server.throughProxy()
    const mei = await open('mei', 'Mei Tanaka', proxy.url)
    await mei.until(`document.querySelector('.people summary').innerText.includes('2 here')`)
    // Without a network the page could not load again.
    await mei.evaluate(`void (window.WebSocket = window.fetch = () => { throw new Error('no network') })`)
    proxy.reset()
    await mei.until(`document.querySelector('.support > main > .banner')`)
    await say(mei, unique('from the tunnel'))
    await mei.until(`${lineOf(unique('from the tunnel'))}?.innerText.includes('waiting')`)
    await show(mei, `${engine}-waiting`)
    // A send is kept within milliseconds, but no event tells.
    await mei.evaluate(`new Promise((resolve) => setTimeout(resolve, 500))`)
    expect(await mei.evaluate(`${lineOf(unique('from the tunnel'))}.innerText`)).toContain('Mei Tanaka')
    await mei.evaluate(`void location.reload()`)
    await amina.until(lineOf(unique('from the tunnel')))
    await mei.until(lineOf(unique('from the tunnel')))
    await mei.until(`!${lineOf(unique('from the tunnel'))}.innerText.match(/waiting|sending/)`)
    for (const page of [amina, mei])
      expect((await texts(page, engine)).filter((text) => text === unique('from the tunnel'))).toHaveLength(1)
  })

  test('the assistant answers word by word, and Stop ends it for everyone', async () => {
    const mei = await open('mei', 'Mei Tanaka')
    const amina = await open('amina', 'Amina Diallo')
    await say(mei, unique('@Assistant, hello'))
    for (const page of [mei, amina])
      await page.until(`document.querySelector('p.open')?.innerText.includes('Mei Tanaka, this is')`)
    await amina.evaluate(`${button('Stop', '.line ')}.click()`)
    for (const page of [mei, amina]) await page.until(`!document.querySelector('p.open')`)
    expect(await mei.text('.line:last-child')).not.toContain('for everyone')
    expect(await mei.text('.line:last-child p')).toBe(await amina.text('.line:last-child p'))
  })

  test('a mention waits for those who are away, and the page shows it to them', async () => {
    const mei = await open('mei', 'Mei Tanaka')
    await say(mei, unique('@Luca, please look'))
    await mei.until(lineOf(unique('@Luca, please look')))
    const luca = await open('luca', 'Luca Moretti')
    await luca.until(`document.querySelector('.mentions')?.innerText.includes('${unique('please look')}')`)
    await show(luca, `${engine}-mention`)
  })

  test('a token that ends is renewed on the open connection', async () => {
    const mei = await open('mei', 'Mei Tanaka')
    await mei.evaluate(`(window.tokens = 0, window.fetchToken = fetch, window.fetch = (...args) => {
      if (args[0].endsWith('/token')) window.tokens++
      return fetchToken(...args)
    })`)
    await mei.until('window.tokens > 1', 20_000)
    expect(await mei.evaluate(`document.querySelector('.support > main > .banner')`)).toBe(null)
    await say(mei, unique('still here'))
    await mei.until(lineOf(unique('still here')))
  })

  test('an agent removes a person from the room, and then bans the person', async () => {
    const amina = await open('amina', 'Amina Diallo')
    const jonas = await open('jonas', 'Jonas Weber')
    const moderate = async (name: string): Promise<void> => {
      const person = `[...document.querySelectorAll('.people li')].find((each) => each.innerText.includes('Jonas Weber') || each.textContent.includes('Jonas Weber'))`
      await amina.until(person)
      await amina.evaluate(
        `[...${person}.querySelectorAll('button')].find((each) => each.textContent === '${name}').click()`,
      )
    }
    await moderate('Remove')
    await jonas.until(`document.querySelector('.banner')?.innerText === 'Amina Diallo has removed you.'`)
    expect(await jonas.evaluate(`document.querySelector('.composer')`)).toBe(null)
    for (const page of [amina, jonas]) await room(page, 'Billing')
    await moderate('Ban')
    await jonas.until(
      `document.querySelector('.sign-in [role="status"]')?.innerText === 'An agent has signed you out.'`,
    )
  })

  test('signing out ends the session, and the page asks to sign in', async () => {
    const mei = await open('mei', 'Mei Tanaka')
    await mei.evaluate(`${button('Sign out')}.click()`)
    await mei.until(`document.querySelector('.sign-in')`)
    await mei.evaluate(`(location.href = '/?user=mei')`)
    await mei.until(`document.querySelector('.sign-in [role="status"]')?.innerText === 'Please sign in.'`)
  })
}

const log = `document.querySelector('[role="log"]')`
const atEnd = `${log}.scrollHeight - ${log}.scrollTop - ${log}.clientHeight < 2`
/** Expression for the button with this text. */
const button = (text: string, within = ''): string =>
  `[...document.querySelectorAll('${within}button')].find((each) => each.innerText.includes('${text}') || each.ariaLabel?.includes('${text}'))`
/** Expression for the line with this text. */
const lineOf = (text: string): string =>
  `[...document.querySelectorAll('.line')].find((each) => [...each.querySelectorAll('p')].some((p) => p.textContent.startsWith(${JSON.stringify(text)})))`
const press = async (page: Page, line: string, name: string): Promise<void> => {
  const found = `[...${lineOf(line)}.querySelectorAll('button')].find((each) => each.innerText.includes('${name}'))`
  await page.until(found)
  await page.evaluate(`${found}.click()`)
}
const texts = (page: Page, engine: string): Promise<string[]> =>
  page.evaluate(
    `[...document.querySelectorAll('.line p')].map((p) => p.textContent).filter((text) => text.includes('in ${engine}'))`,
  )

/** Takes a screenshot if SCREENSHOTS names a folder. */
async function show(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS']
  if (folder !== undefined) await page.screenshot(join(folder, `react-${name}.png`))
}
