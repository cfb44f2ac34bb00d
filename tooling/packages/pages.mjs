// Pages with @chat/browser, bundled by Vite, webpack and esbuild, and run in Chromium against a real server. Their code is the README's.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import puppeteer from 'puppeteer-core'
import { ensureInstalled } from '../installed.mjs'
import { start } from '../processes.mjs'
import { filesBelow } from '../repository.mjs'
import { published } from './pack.mjs'
import { block } from './readme.mjs'

const readme = published.find(({ name }) => name === 'browser').folder
const installed = ['@chat/browser', '@chat/core', '@chat/node-ws']

/** The README's first example, which says in the title when it has come to its end. */
const main = () => `${block(readme, 'ts')}\ndocument.title = 'sent'\n`
const said = [
  ['alice', '#lobby', 'say', { text: 'hi' }],
  ['alice', '@bob', 'dm', { text: 'psst' }],
]

/** What each bundler makes of it, into a folder of its name. */
const bundlers = [
  {
    name: 'vite',
    files: { 'index.html': '<script type="module" src="/main.js"></script>', 'main.js': main },
    command: () => ['vite', 'build', '--outDir', 'vite'],
    act: (page) => page.waitForFunction("document.title === 'sent'"),
    said,
  },
  {
    name: 'webpack',
    files: { 'webpack/index.html': '<script src="/main.js"></script>', 'main.js': main },
    command: () => ['webpack', '--mode', 'production', '--entry', './main.js', '--output-path', './webpack'],
    act: (page) => page.waitForFunction("document.title === 'sent'"),
    said,
  },
  {
    name: 'esbuild',
    files: { 'public/index.html': () => block(readme, 'html') },
    folder: 'public',
    // As the README says it.
    command: () => block(readme, 'sh', 'npx esbuild').trim().split(/\s+/).slice(1),
    async act(page) {
      await page.waitForFunction("document.querySelector('form')?.onsubmit")
      await page.evaluate("(text.value = 'hi', form.requestSubmit())")
      await page.waitForFunction("said.innerText === 'alice: hi'")
    },
    said: said.slice(0, 1),
  },
]

export async function test({ report, users }) {
  const user = users.make('pages')
  if (!report.ran(`npm install ${installed.join(' ')}`, await user.install(...installed))) return
  user.copy('page/server.mjs')
  const marks = textsOfTheHub(user)
  report.say(
    `${marks.length} texts by which to tell the hub's code`,
    marks.length < 20 ? 'too few to go by' : '',
  )
  const browser = await launchChromium()
  try {
    for (const bundler of bundlers) {
      if (!(await bundle(bundler, user, marks, report))) continue
      const what = `${bundler.name}: the page talks, in Chromium`
      if (browser === undefined) report.skip(what, 'it is not here', process.env.CI !== undefined)
      else report.say(what, await talk(bundler, user, browser))
    }
  } finally {
    await browser?.close()
  }
}

/** Starts the distribution's Chromium; `undefined` when it is missing or not wanted. */
function launchChromium() {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
  if (process.env.BROWSERS === '0' || !existsSync(executablePath)) return undefined
  return puppeteer.launch({ executablePath, args: ['--no-sandbox'] })
}

async function bundle(bundler, user, marks, report) {
  const { name, files, folder = name } = bundler
  for (const [file, text] of Object.entries(files)) user.write(file, typeof text === 'string' ? text : text())
  const [command, ...args] = bundler.command()
  const result = await user.run(join(ensureInstalled('packages'), '.bin', command), args, {
    env: { NODE_ENV: 'production' },
  })
  if (!report.ran(`${name}: builds`, result)) return false
  const scripts = filesBelow(join(user.folder, folder)).filter((file) => file.endsWith('.js'))
  const code = scripts.map((file) => readFileSync(file, 'utf8')).join('\n')
  const kilobytes = (brotliCompressSync(code).length / 1_000).toFixed(1)
  const found = marks.filter((mark) => code.includes(mark))
  report.say(
    `${name}: ${kilobytes} kB brotli, nothing of the hub`,
    found.map((mark) => `"${mark}"`).join('\n'),
  )
  return true
}

/** What is wrong with a page, when a person opens it and the server listens. */
async function talk({ name, folder = name, act, said }, user, browser) {
  const server = start(process.execPath, ['page/server.mjs', folder], { cwd: user.folder })
  try {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${await server.line(0)}/`)
    await act(page)
    const heard = []
    for (const i of said.keys()) heard.push(await server.line(i + 1))
    const wanted = said.map((one) => JSON.stringify(one))
    return heard.join('\n') === wanted.join('\n')
      ? ''
      : `the server heard\n${heard.join('\n')}\nand not\n${wanted.join('\n')}`
  } catch (error) {
    return `${error.message}\n${server.output()}`
  } finally {
    await server.stop()
  }
}

/** Texts of the hub's sources that are nowhere else, and that stand in the built files as they are. */
function textsOfTheHub(user) {
  const chat = join(user.folder, 'node_modules', '@chat')
  const hub = join(chat, 'core', 'src', 'hub')
  const files = readdirSync(chat).flatMap((name) => filesBelow(join(chat, name)))
  const read = (wanted) =>
    files
      .filter(wanted)
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n')
  const source = (file) => /\/src\/.*\.ts$/.test(file)
  const inHub = read((file) => source(file) && file.startsWith(hub))
  const elsewhere = read((file) => source(file) && !file.startsWith(hub))
  const built = read((file) => file.endsWith('.js'))
  const texts = new Set([...inHub.matchAll(/'([^'\\\n]{16,})'/g)].map(([, text]) => text))
  return [...texts].filter((text) => !elsewhere.includes(text) && built.includes(text))
}
