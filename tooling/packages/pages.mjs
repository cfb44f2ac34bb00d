// Bundles pages with @chat/browser by Vite, webpack and esbuild, and runs them in Chromium against a real
// server. Their code comes from the README.
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

/** Returns the first example of the README, which sets the page's title at its end. */
const main = () => `${block(readme, 'ts')}\ndocument.title = 'sent'\n`
const said = [
  ['alice', '#lobby', 'say', { text: 'hi' }],
  ['alice', '@bob', 'dm', { text: 'psst' }],
]

/** Bundlers, each with its input files and a command that writes into a folder. */
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
    // The command is from the README.
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
  report.say(`${marks.length} texts that identify the hub's code`, marks.length < 20 ? 'too few texts' : '')
  const browser = await launchChromium()
  try {
    for (const bundler of bundlers) {
      if (!(await bundle(bundler, user, marks, report))) continue
      const what = `${bundler.name}: the page talks, in Chromium`
      if (browser === undefined) report.skip(what, 'Chromium is not installed', process.env.CI !== undefined)
      else report.say(what, await talk(bundler, user, browser))
    }
  } finally {
    await browser?.close()
  }
}

/** Starts the distribution's Chromium. Returns `undefined` when it is missing or BROWSERS is 0. */
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
    `${name}: ${kilobytes} kB brotli, without code of the hub`,
    found.map((mark) => `"${mark}"`).join('\n'),
  )
  return true
}

/**
 * Opens a page, uses it as a person does, and compares the messages that the server receives. Returns the
 * problem, or an empty text.
 */
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
      : `the server received\n${heard.join('\n')}\ninstead of\n${wanted.join('\n')}`
  } catch (error) {
    return `${error.message}\n${server.output()}`
  } finally {
    await server.stop()
  }
}

/** Returns texts that are only in the hub's sources, and that are unchanged in the built files. */
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
