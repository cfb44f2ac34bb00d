// The examples, as somebody has them who knows only the published packages: copies them out of the repository, installs them with the packed packages, and
// tests each with real clients.
//   npm run test:examples                         all of them
//   npm run test:examples -- --only koa,fastify   some
//   npm run test:examples -- --start koa          installs one and starts it, to look at
//   npm run test:examples -- --lock               brings their lock files up to date, after a change of a dependency or a version
//   --no-build                                    packs what was built before
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packAll, serveRegistry } from './local-registry.mjs'
import { root } from './packages.mjs'

const source = join(root, 'examples')
/** What is no server that the table of examples/test names. */
const page = 'page'
/** How many are installed at a time. */
const atOnce = 3

const { only, start, lock, build } = options(process.argv.slice(2))
const names = readdirSync(source).filter(
  (name) => existsSync(join(source, name, 'package.json')) && name !== page,
)
const unknown = [...only, ...(start === null ? [] : [start])].filter((name) => !names.includes(name))
if (unknown.length > 0) fail(`no such example: ${unknown.join(', ')}; there are: ${names.join(', ')}`)
const chosen = start !== null ? [start] : only.length > 0 ? only : names

const began = performance.now()
const place = mkdtempSync(join(tmpdir(), 'chat-examples-'))
process.once('exit', () => rmSync(place, { recursive: true, force: true, maxRetries: 5 }))
const times = new Map()

if (build) await timed('build', () => run('npm', ['run', '--silent', 'build'], root, 'pipe'))
const registry = await serveRegistry(await timed('pack', () => packAll(join(place, 'packs'))))
if (lock) await updateLocks()
else await test()

async function test() {
  copy([page, 'express', ...chosen])
  await timed('the page', () => buildPage())
  await eachOf(chosen, (name) => timed(`install ${name}`, () => install(name)))
  registry.close()
  if (start !== null) return startOne(start)
  summarize(await timed('tests', runTests))
}

/** Without what the repository itself has installed, so that only what an example declares is there. */
function copy(folders) {
  const filter = (path) => !/[\\/](node_modules|dist|test|\.next)$/.test(path)
  for (const name of new Set(folders))
    cpSync(join(source, name), join(place, name), { recursive: true, filter })
}

async function buildPage() {
  await install(page)
  await run('npm', ['run', '--silent', 'build'], join(place, page), 'pipe')
}

/** The express example belongs to the repository's own workspace, whose lock file it shares. */
async function install(name) {
  const folder = join(place, name)
  const command = existsSync(join(folder, 'package-lock.json')) ? ['ci'] : ['install', '--no-package-lock']
  await run('npm', [...command, registry.flag], folder, 'pipe')
  const manifest = readJson(join(folder, 'package.json'))
  if (manifest.scripts.build !== undefined && name !== page)
    await run('npm', ['run', '--silent', 'build'], folder, 'pipe')
  // With the repository's compiler, which takes as much space as all of an example.
  if (existsSync(join(folder, 'tsconfig.json')))
    await run(
      process.execPath,
      [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', '.'],
      folder,
      'pipe',
    )
}

/** Whether they passed; vitest says the rest. */
function runTests() {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const env = { EXAMPLES: chosen.join(), EXAMPLES_PLACE: place }
  const args = [vitest, 'run', '--config', 'vitest.examples.config.ts']
  return run(process.execPath, args, root, 'inherit', env).then(
    () => true,
    () => false,
  )
}

async function startOne(name) {
  const child = spawn('npm', ['start'], { cwd: join(place, name), stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  process.exitCode = await new Promise((resolve) => child.once('close', resolve))
}

/** Ours are left without their hash, which changes with every build. */
async function updateLocks() {
  await eachOf(
    [
      page,
      ...chosen.filter((name) => existsSync(join(source, name, 'package-lock.json')) || only.includes(name)),
    ],
    async (name) => {
      const args = [
        'install',
        '--package-lock-only',
        '--ignore-scripts',
        '--omit-lockfile-registry-resolved',
        registry.flag,
      ]
      await timed(`lock ${name}`, () => run('npm', args, join(source, name), 'pipe'))
      const file = join(source, name, 'package-lock.json')
      const written = readJson(file)
      for (const [path, entry] of Object.entries(written.packages)) {
        delete entry.resolved
        if (path.startsWith('node_modules/@chat/')) delete entry.integrity
      }
      writeFileSync(file, `${JSON.stringify(written, null, 2)}\n`)
    },
  )
  registry.close()
}

/** Runs a task for each, a few at a time; the first failure ends the whole. */
async function eachOf(items, task) {
  const waiting = [...items]
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await task(item)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

async function timed(title, task) {
  const start = performance.now()
  try {
    return await task()
  } catch ({ message }) {
    fail(`${title}: ${message}`)
  } finally {
    times.set(title, performance.now() - start)
    console.log(`${title}: ${seconds(times.get(title))}`)
  }
}

/** Rejects with what a command wrote when it fails. */
function run(command, args, cwd, stdio, env = {}) {
  const child = spawn(command, args, {
    cwd,
    stdio: ['ignore', stdio, stdio],
    env: { ...process.env, ...env },
  })
  let written = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      written += chunk
    })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`${command} ${args.join(' ')} failed in ${cwd}\n${written}`))
    })
  })
}

function summarize(ok) {
  const all = ['build', 'pack', 'the page', 'tests'].filter((title) => times.has(title))
  console.log(`\ntest-examples: ${all.map((title) => `${title} ${seconds(times.get(title))}`).join(', ')}`)
  const installs = [...times].filter(([title]) => title.startsWith('install '))
  console.log(
    `  installed: ${installs.map(([title, time]) => `${title.slice(8)} ${seconds(time)}`).join(', ')}`,
  )
  console.log(`  ${ok ? 'ok' : 'FAILED'}: ${chosen.length} examples in ${seconds(performance.now() - began)}`)
  process.exitCode = ok ? 0 : 1
}

function options(args) {
  const found = { only: [], start: null, lock: false, build: true }
  for (let i = 0; i < args.length; i++) {
    if (args[i] === '--only') found.only.push(...(args[++i] ?? '').split(','))
    else if (args[i] === '--start') found.start = args[++i] ?? ''
    else if (args[i] === '--lock') found.lock = true
    else if (args[i] === '--no-build') found.build = false
    else fail(`unknown option ${args[i]}; see the head of scripts/test-examples.mjs`)
  }
  return found
}

function seconds(time) {
  return `${(time / 1000).toFixed(1)} s`
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'))
}

function fail(reason) {
  console.error(`test-examples: ${reason}`)
  process.exit(1)
}
