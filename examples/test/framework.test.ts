import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { launch, Page } from '../../test-support/browsers.ts'
import { enginesToTest } from '../../test-support/engines.ts'
import { known, People, type Person } from './people.ts'
import { type Server, start } from './server.ts'
import { examples } from './table.ts'

const name = process.env['EXAMPLE'] ?? ''
const folder = join(process.env['EXAMPLES_PLACE'] ?? '', name)
const { identity = 'token', echo } = examples[name] ?? {}
let server: Server
let people: People

beforeAll(async () => {
  expect(Object.keys(examples), 'every example has a row in the table').toContain(name)
  server = await start(folder)
  people = new People(server.url, identity)
})
afterAll(() => server?.kill())
afterEach(() => people.leave())

async function enter(...names: string[]): Promise<Person[]> {
  const entered = await Promise.all(names.map((name) => people.enter(name)))
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
    const { headers = {} } = await people.credentials('ada')
    const page = await fetch(`${server.url}/?user=ada`, { headers })
    const script = await fetch(`${server.url}/main.js`)

    expect(await page.text()).toContain('<script type="module" src="/main.js">')
    expect(page.headers.get('content-type')).toMatch('text/html')
    expect(script.headers.get('content-type')).toMatch('javascript')
    expect((await fetch(`${server.url}/nothing-here`)).status).toBe(404)
  })

  test.skipIf(!enginesToTest().includes('chromium'))('somebody joins by its page', async () => {
    const browser = await launch('chromium')
    onTestFinished(() => browser.close())
    const [bob] = (await enter('bob')) as [Person]
    await bob.client.join('#lobby').ready
    const way = identity === 'session' ? 'login?user=ada' : '?user=ada'
    const page = new Page(await browser.open(`${server.url}/${way}`))

    await page.until(`document.querySelector('#status')?.dataset.status === 'connected'`)
    await page.click('#text')
    await page.type('hello from the page\n')

    await bob.hears('#lobby say hello from the page')
    await page.until(`document.querySelector('.line.sent')?.textContent.includes('hello from the page')`)
    const pictures = process.env['SCREENSHOTS']
    if (pictures !== undefined) await page.screenshot(join(pictures, `${name}.png`))
  })

  test('a broadcast reaches everyone', async () => {
    const [ada, bob] = (await enter('ada', 'bob')) as [Person, Person]

    await ada.client.to('*').send('announce', { text: 'lunch' })

    await Promise.all([ada, bob].map((person) => person.hears('* announce lunch')))
  })

  test('a room reaches those who joined it, and nobody else', async () => {
    const [ada, bob, eve] = (await enter('ada', 'bob', 'eve')) as [Person, Person, Person]
    await Promise.all([ada, bob].map(({ client }) => client.join('#harbour').ready))

    await ada.client.to('#harbour').send('say', { text: 'ahoy' })
    await ada.client.to('*').send('announce', { text: 'later' })

    await bob.hears('#harbour say ahoy')
    await eve.hears('* announce later')
    expect(eve.heard).not.toContain('#harbour say ahoy')
  })

  test('a direct message reaches one person, on all devices, and nobody else', async () => {
    const [ada, bob, phone, eve] = (await enter('ada', 'bob', 'bob', 'eve')) as [
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

  test('who brings no good credentials is refused for good', async () => {
    const bad = {
      token: 'not a name',
      headers: { cookie: 'koa.sess=eyJ1c2VyIjoiYWRhIn0=; connect.sid=s%3Aguess.ed' },
    }

    expect(await people.connect(bad).refused).toBe('unauthorized')
    expect(await people.connect({}).refused).toBe('unauthorized')
  })

  test('a page from elsewhere is refused', async () => {
    // Where the framework has opened the socket already, the hub closes it.
    expect([403, 4503]).toContain(await refusal('/chat', { origin: 'https://evil.example' }))
  })

  test('an upgrade for another path is refused, not left waiting', async () => {
    expect([404, 1006]).toContain(await refusal('/nothing-here'))
  })

  test.runIf(echo !== undefined)("the framework's own WebSockets work beside the hub", async () => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}${echo}`)
    await once(socket, 'open')
    socket.send('hello')

    expect(String((await once(socket, 'message'))[0])).toBe('hello')
    socket.close()
  })

  test('SIGTERM tells everyone to come back later, and ends it', async () => {
    const [ada] = (await enter('ada')) as [Person]
    const { frames, closed } = await plainClient('bob')
    const away = new Promise((resolve) => ada.client.on('$status', ({ status }) => resolve(status)))

    const code = server.stop()

    expect(await away).toBe('reconnecting')
    expect(await closed).toBe(4001)
    expect(frames.at(-1)).toMatch(/^\["bye",4001,/)
    expect(await code).toBe(0)
    await expect(fetch(server.url)).rejects.toThrow()
  })
})

/** Somebody without the SDK, who is let in: what is said to them, and the code that ends it. */
async function plainClient(name: string): Promise<{ frames: string[]; closed: Promise<number> }> {
  const { token, headers = {} } = await people.credentials(name)
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/chat`, { headers })
  const frames: string[] = []
  socket.on('message', (data) => frames.push(...String(data).split('\n')))
  await once(socket, 'open')
  socket.send(JSON.stringify(['hello', { v: [1, 1], token }]))
  await once(socket, 'message')
  return { frames, closed: once(socket, 'close').then(([code]: number[]) => code ?? 0) }
}

/** The status of an upgrade that is refused, or the code with which the socket is closed. */
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
