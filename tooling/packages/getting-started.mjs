// Follows docs/guides/getting-started.md literally, in an empty folder: writes its files, runs its commands, and does
// in Chromium what it tells the reader to do. Also runs the commands by which the README packs the packages.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import puppeteer from 'puppeteer-core'
import { root } from '../repository.mjs'

const guide = join(root, 'docs', 'guides', 'getting-started.md')
const title = 'getting started'

/** Names of the guide's blocks without a name of their own, by language. */
const files = { json: 'tsconfig.json', html: 'public/index.html' }

export async function test({ report, users }) {
  await Promise.all([packed(report, users), follow(report, users)])
}

/** Installs the packed packages by the commands of the README. */
async function packed(report, users) {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const [, inClone = '', inApp = ''] =
    /^npm ci && npm run build && (.*)\ncd \.\.\/my-app && (.*)$/m.exec(readme) ?? []
  const user = users.make('clone/my-app')
  const inFolder = (line) =>
    user.run('bash', ['-c', line.replaceAll('../packs', join(user.folder, '../packs'))], {})
  const pack = await user.run('bash', ['-c', inClone.replaceAll('../packs', join(user.folder, '../packs'))], {
    cwd: root,
  })
  if (!report.ran(`README: ${inClone}`, pack)) return
  if (!report.ran(`README: ${inApp}`, await inFolder(inApp))) return
  user.write('loads.mjs', "import '@chat/core'\nimport '@chat/node-ws'\nimport '@chat/sqlite'\n")
  report.ran('README: the packed packages load', await user.run(process.execPath, ['loads.mjs']))
}

async function follow(report, users) {
  const port = await freePort()
  const user = users.make('getting-started')
  const steps = stepsOf(readFileSync(guide, 'utf8').replaceAll('3000', String(port)))
  const running = []
  const act = {
    '## The page': (server) => twoPeople({ report, user, port, server, running }),
    '## A bot': (bot) => theBot({ report, port, bot }),
  }
  try {
    for (const { heading, name, text, lines } of steps) {
      if (name !== undefined) user.write(name, text)
      for (const line of lines) {
        if (!/^npx tsx /.test(line)) {
          if (!report.ran(`${title}: ${line}`, await user.run('bash', ['-c', line], { timeout: 300_000 })))
            return
          continue
        }
        const program = new Program(line, user)
        running.push(program)
        report.say(`${title}: ${line}: ${await program.firstLine()}`)
        report.say(
          `${title}: ${heading.slice(3)}`,
          await act[heading]?.(program).catch((error) => `${error.message}\n${program.output}`),
        )
      }
    }
    report.ran(`${title}: its files compile`, await user.run('npx', ['tsc', '-p', '.']))
  } finally {
    for (const program of running) await program.stop()
  }
}

/** What the guide does by hand: two people, a cut, and a wrong token. */
async function twoPeople({ report, user, port, server, running }) {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
  if (process.env.BROWSERS === '0' || !existsSync(executablePath)) {
    report.skip(`${title}: two people`, 'Chromium is not installed', process.env.CI !== undefined)
    return ''
  }
  const browser = await puppeteer.launch({ executablePath, args: ['--no-sandbox'] })
  try {
    const open = async (token) => {
      const page = await browser.newPage()
      await page.goto(`http://127.0.0.1:${port}/?token=${token}`)
      return page
    }
    const [alice, bob] = [await open('a-secret-of-alice'), await open('a-secret-of-bob')]
    for (const page of [alice, bob]) await shows(page, '(connected)')
    await write(alice, 'hi')
    for (const page of [alice, bob]) await shows(page, 'alice: hi')
    await server.stop('SIGINT')
    for (const page of [alice, bob]) await shows(page, '(reconnecting)')
    await write(alice, 'are you there?')
    running.push(new Program('npx tsx server.ts', user))
    await shows(bob, 'alice: are you there?')
    await shows(alice, 'alice: are you there?')
    for (const page of [alice, bob]) {
      const text = await page.evaluate('document.body.innerText')
      if (text.includes('lost') || text.split('are you there?').length !== 2) return `the page says\n${text}`
    }
    await shows(await open('a-guess'), '(closed)')
    return ''
  } finally {
    await browser.close()
  }
}

/** Asks the bot over a client of its own, as the page would. */
async function theBot({ port, bot }) {
  const { connect } = await import('../../packages/node-ws/dist/index.js')
  const client = connect(`ws://127.0.0.1:${port}/chat`, { token: 'a-secret-of-alice' })
  const lobby = client.join('#public:lobby')
  const answer = new Promise((resolve) =>
    lobby.on('say', ({ text }, { from }) => from === 'bob' && resolve(text)),
  )
  await lobby.send('say', { text: 'time?' })
  const text = await Promise.race([answer, delay(10_000, 'nothing')])
  await lobby.send('say', { text: 'bye bot' })
  client.close()
  const problem = /^alice, it is 20/.test(text) ? '' : `the bot says ${text}\n`
  return problem + bot.output.replace('the bot is in the lobby', '').trim()
}

/** Headings, and blocks with their language and the rest of its line. */
const blocks = /^(## [^\n]*)$|^```(\w+)([^\n]*)\n(.*?)^```$/gms

/** Reads the guide: each block is a file, or the lines of a shell. Of the package managers it takes npm. */
function stepsOf(text) {
  let heading = ''
  const steps = []
  for (const [, title, language, info, block] of text.matchAll(blocks)) {
    if (title !== undefined) heading = title
    else if (/\[(?:pnpm|yarn|bun)\]/.test(info)) continue
    else if (language === 'sh') steps.push({ heading, lines: block.trim().split('\n') })
    else steps.push({ heading, name: nameOf(language, block, steps.length), text: block, lines: [] })
  }
  return steps
}

function nameOf(language, block, index) {
  const [, name] = /^\/\/ ([\w.-]+\.ts)\b/.exec(block) ?? []
  return name ?? files[language] ?? (language === 'ts' ? `block-${index}.ts` : undefined)
}

/** A command that runs until it is stopped, such as a server in a terminal. */
class Program {
  #child
  #exit
  #output = ''

  constructor(line, user) {
    // A process group of its own, as in a terminal: Ctrl-C reaches npx and the program alike.
    this.#child = spawn('bash', ['-c', line], { cwd: user.folder, detached: true })
    this.#exit = once(this.#child, 'exit')
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream.on('data', (text) => (this.#output += text))
  }

  get output() {
    return this.#output
  }

  /** Resolves with the first line that it prints. */
  async firstLine() {
    for (let waited = 0; !this.#output.includes('\n'); waited += 50) {
      if (waited > 30_000) throw new Error('it printed no line')
      await delay(50)
    }
    return this.#output.split('\n', 1)[0]
  }

  /** Ends it, and all its processes. */
  async stop(signal = 'SIGKILL') {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    process.kill(-this.#child.pid, signal)
    await this.#exit
  }
}

/** Waits until a page shows a text. */
async function shows(page, text) {
  for (let waited = 0; ; waited += 100) {
    const shown = await page.evaluate('document.body.innerText')
    if (shown.includes(text)) return
    if (waited > 30_000) throw new Error(`the page does not say "${text}", but\n${shown}`)
    await delay(100)
  }
}

async function write(page, text) {
  await page.type('input', text)
  await page.keyboard.press('Enter')
}

async function freePort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}
