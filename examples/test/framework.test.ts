import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { connectChromium } from '../../test-support/browser-puppeteer.ts'
import { type Browser, Page } from '../../test-support/browsers.ts'
import { enginesToTest } from '../../test-support/engines.ts'
import { UpgradeProxy } from '../../test-support/upgrade-proxy.ts'
import { known, People, type Person, type TransportName } from './people.ts'
import { greet } from './plain.ts'
import { type Server, start } from './server.ts'
import { examples } from './table.ts'

const name = process.env['EXAMPLE'] ?? ''
const folder = join(process.env['EXAMPLES_PLACE'] ?? '', name)
const transports: readonly TransportName[] = ['WebSocket', 'HTTP']
const { identity = 'token', echo } = examples[name] ?? {}
let server: Server
let people: Record<TransportName, People>

beforeAll(async () => {
  expect(Object.keys(examples), 'every example has a row in the table').toContain(name)
  server = await start(folder)
  people = {
    WebSocket: new People(server.url, identity, 'WebSocket'),
    HTTP: new People(server.url, identity, 'HTTP'),
  }
})
afterAll(() => server?.kill())
afterEach(() => {
  for (const transport of transports) people[transport].leave()
})

async function enter(transport: TransportName, ...names: string[]): Promise<Person[]> {
  const entered = await Promise.all(names.map((name) => people[transport].enter(name)))
  expect(await Promise.all(entered.map(known))).toEqual(names)
  return entered
}

describe(name, () => {
  test('fits on a screen', () => {
    expect(readFileSync(join(folder, 'server.ts'), 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(
      40,
    )
  })

  test('serves the page', async () => {
    const { headers = {} } = await people.WebSocket.credentials('ada')
    const page = await fetch(`${server.url}/?user=ada`, { headers })
    const script = await fetch(`${server.url}/main.js`)

    expect(await page.text()).toContain('<script type="module" src="/main.js">')
    expect(page.headers.get('content-type')).toMatch('text/html')
    expect(script.headers.get('content-type')).toMatch('javascript')
    expect((await fetch(`${server.url}/nothing-here`)).status).toBe(404)
  })

  test.skipIf(!enginesToTest().includes('chromium'))(
    'users join through its page, also where WebSocket is blocked [needs Chromium]',
    async () => {
      const browser = await connectChromium(inject('chromium'))
      onTestFinished(() => browser.close())
      const proxy = await UpgradeProxy.start(Number(new URL(server.url).port), 'refuse')
      onTestFinished(() => proxy.close())
      const ada = await openPage(browser, server.url, 'ada')
      const eve = await openPage(browser, `http://127.0.0.1:${proxy.port}`, 'eve')

      await say(ada, 'hello from the page')
      await eve.until(`document.querySelector('.line')?.textContent.includes('hello from the page')`)
      await say(eve, 'hello from behind a proxy')
      await ada.until(`document.querySelector('#log')?.textContent.includes('hello from behind a proxy')`)
      await show(ada, name)
      await show(eve, `${name}-blocked`)
    },
    60_000,
  )

  describe.each(transports)('over %s', (transport) => {
    test('a broadcast reaches everyone', async () => {
      const [ada, bob] = (await enter(transport, 'ada', 'bob')) as [Person, Person]

      await ada.client.to('*').send('announce', { text: 'lunch' })

      await Promise.all([ada, bob].map((person) => person.hears('* announce lunch')))
    })

    test('a room message reaches only users who joined the room', async () => {
      const [ada, bob, eve] = (await enter(transport, 'ada', 'bob', 'eve')) as [Person, Person, Person]
      await Promise.all([ada, bob].map(({ client }) => client.join('#harbour').ready))

      await ada.client.to('#harbour').send('say', { text: 'ahoy' })
      await ada.client.to('*').send('announce', { text: 'later' })

      await bob.hears('#harbour say ahoy')
      await eve.hears('* announce later')
      expect(eve.heard).not.toContain('#harbour say ahoy')
    })

    test('a direct message reaches one user, on all devices, and no other user', async () => {
      const [ada, bob, phone, eve] = (await enter(transport, 'ada', 'bob', 'bob', 'eve')) as [
        Person,
        Person,
        Person,
        Person,
      ]

      await ada.client.to('@bob').send('dm', { text: 'psst' })
      await ada.client.to('@eve').send('dm', { text: 'for eve' })

      await Promise.all([bob, phone].map((person) => person.hears('@bob dm psst')))
      await eve.hears('@eve dm for eve')
      expect(eve.heard).not.toContain('@bob dm psst')
    })

    test('bad credentials are refused for good', async () => {
      const bad = {
        token: 'a name\n',
        headers: { cookie: 'koa.sess=eyJ1c2VyIjoiYWRhIn0=; connect.sid=s%3Aguess.ed' },
      }

      expect(await people[transport].connect(bad).refused).toBe('unauthorized')
      expect(await people[transport].connect({}).refused).toBe('unauthorized')
    })
  })

  test.runIf(identity === 'session')(
    'a user name other than the session’s leads to the login page [needs a session]',
    async () => {
      const { headers = {} } = await people.WebSocket.credentials('ada')

      for (const url of ['/', '/?user=eve']) {
        const page = await fetch(server.url + url, { headers })
        expect([page.url, page.status]).toEqual([`${server.url}/login.html`, 200])
      }
    },
  )

  test('a page from elsewhere is refused', async () => {
    // If the framework has already opened the socket, the hub closes it.
    const headers = { origin: 'https://evil.example' }
    expect([403, 4503]).toContain(await refusal('/chat', headers))
    const overHttp = { headers: { ...headers, accept: 'text/event-stream' } }
    expect((await fetch(`${server.url}/chat`, overHttp)).status).toBe(403)
  })

  test('an upgrade for another path is refused, not left waiting', async () => {
    expect([404, 1006]).toContain(await refusal('/nothing-here'))
  })

  test.runIf(echo !== undefined)(
    "the framework's own WebSockets work beside the hub [needs a framework with WebSockets]",
    async () => {
      const socket = new WebSocket(`${server.url.replace('http', 'ws')}${echo}`)
      await once(socket, 'open')
      socket.send('hello')

      expect(String((await once(socket, 'message'))[0])).toBe('hello')
      socket.close()
    },
  )

  test('SIGTERM tells every client to come back later, and ends the server', async () => {
    const entered = (await Promise.all(transports.map((transport) => enter(transport, 'ada')))).flat()
    const plain = await Promise.all(
      transports.map(async (transport) =>
        greet[transport](`${server.url}/chat`, await people[transport].credentials('bob')),
      ),
    )
    const away = entered.map(
      ({ client }) => new Promise((resolve) => client.on('$status', ({ status }) => resolve(status))),
    )

    const code = server.stop()

    expect(await Promise.all(away)).toEqual(['reconnecting', 'reconnecting'])
    expect(await Promise.all(plain.map(({ closed }) => closed))).toEqual([4001, 4001])
    for (const { frames } of plain) expect(frames.at(-1)).toMatch(/^\["bye",4001,/)
    expect(await code).toBe(0)
    await expect(fetch(server.url)).rejects.toThrow()
  })
})

/** Opens the page of a user, connected. */
async function openPage(browser: Browser, url: string, name: string): Promise<Page> {
  const page = new Page(await browser.open(`${url}/${identity === 'session' ? 'login' : ''}?user=${name}`))
  onTestFinished(() => page.close())
  await page.until(`document.querySelector('#status')?.dataset.status === 'connected'`)
  return page
}

/** Sends a message through the page, and waits until the page shows that the hub has it. */
async function say(page: Page, text: string): Promise<void> {
  await page.click('#text')
  await page.type(`${text}\n`)
  await page.until(`document.querySelector('.line.sent')?.textContent.includes('${text}')`)
}

/** Takes a screenshot if SCREENSHOTS names a folder. */
async function show(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS']
  if (folder !== undefined) await page.screenshot(join(folder, `${name}.png`))
}

/** Returns the HTTP status of a refused upgrade, or the close code of the socket. */
function refusal(path: string, options: { readonly origin?: string } = {}): Promise<number> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}`, options)
  return new Promise((resolve) => {
    socket.on('error', () => {})
    socket.on('close', resolve)
    socket.on('unexpected-response', (_request, { statusCode }) => {
      resolve(statusCode ?? 0)
      socket.terminate()
    })
  })
}
