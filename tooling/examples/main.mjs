// Tests the examples as users of the published packages have them: copies them out of the repository, installs them
// with the packed packages, and tests each with real clients.
//   npm run test:examples                         all examples
//   npm run test:examples -- --only koa,fastify   the named examples
//   npm run test:examples -- --start koa          installs an example and starts it, for a look at it by hand
//   npm run test:examples -- --lock               updates the lock files after a change of a dependency or a version;
//                                                 with --only it also creates missing lock files
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import { ensureInstalled } from '../installed.mjs'
import { ensureBuild, pack } from '../packages/pack.mjs'
import { serveTarballs } from '../packages/registry.mjs'
import { run } from '../processes.mjs'
import { root } from '../repository.mjs'
import { sideBySide } from '../side-by-side.mjs'

const source = join(root, 'examples')
/** The page that all servers share. It is no example by itself. */
const page = 'page'
/** Examples with pages and tests of their own: `npm run test:brokers` tests the cluster, and `npm test` the others. */
const own = ['cluster', 'ai']
/** Examples with a build, which take longest, and so run first. */
const slow = ['next', 'vue', 'svelte', 'react']
const typescript = join(root, 'node_modules', 'typescript', 'bin', 'tsc')

const { only, start, lock } = options(process.argv.slice(2))
const names = readdirSync(source)
  .sort()
  .filter((name) => name !== page && !own.includes(name) && isProject(name))
  .sort((a, b) => slow.includes(b) - slow.includes(a))
const unknown = [...only, ...(start === undefined ? [] : [start])].filter((name) => !names.includes(name))
if (unknown.length > 0) fail(`no such example: ${unknown.join(', ')}; there are: ${names.join(', ')}`)
const chosen = start !== undefined ? [start] : only.length > 0 ? only : names

const began = performance.now()
const times = new Map()
const place = mkdtempSync(join(tmpdir(), 'chat-examples-'))
process.once('exit', () => rmSync(place, { recursive: true, force: true, maxRetries: 5 }))

if (chosen.some((name) => readJson(join(source, name, 'package.json')).scripts.start.includes('bun ')))
  process.env.PATH = [process.env.PATH, join(ensureInstalled('runtimes'), '.bin')].join(delimiter)
ensureBuild()
const packs = await timed('pack', () => pack(join(place, 'packs')))
const registry = await serveTarballs(packs)
const fromThere = [`--@chat:registry=${registry.url}`, '--prefer-offline', '--no-audit', '--no-fund']

if (lock) await updateLocks()
else await installAndGo()

async function installAndGo() {
  copy(new Set([page, 'express', ...chosen]))
  await timed('page', () => install(page))
  const failed = []
  await sideBySide(chosen, (name) =>
    timed(name, () => install(name)).catch(({ message }) => {
      console.error(`${name}: ${message}`)
      failed.push(name)
    }),
  )
  registry.close()
  if (failed.length > 0) fail(`unable to install or build: ${failed.join(', ')}`)
  if (start !== undefined) await startOne(start)
  else summarize((await Promise.all([timed('types', checkTypes), timed('tests', runTests)])).every(Boolean))
}

/**
 * Copies examples without the modules that the repository has installed, so that each has only its declared
 * dependencies, and without the messages that an example has kept.
 */
function copy(folders) {
  const filter = (path) => !/[\\/](node_modules|dist|test|chat\.db.*)$/.test(path)
  for (const name of folders) cpSync(join(source, name), join(place, name), { recursive: true, filter })
}

/**
 * Installs an example as its README says. The express example belongs to the repository's workspace and shares
 * its lock file.
 */
async function install(name) {
  const folder = join(place, name)
  const has = (file) => existsSync(join(folder, file))
  if (has('package-lock.json')) takePacked(folder)
  await npm(has('package-lock.json') ? ['ci'] : ['install', '--no-package-lock'], folder)
  const { scripts } = readJson(join(folder, 'package.json'))
  // The compiler of the repository cannot read components, so their examples check their types themselves.
  for (const script of ['build', 'check'])
    if (scripts[script] !== undefined) await npm(['run', script], folder)
}

/**
 * Checks the types of all examples in a single process, with the repository's compiler, because a compiler is
 * larger than an example.
 */
async function checkTypes() {
  // The Next.js example has a tsconfig.server.json instead: with a tsconfig.json, Next.js would take its pages for
  // TypeScript, and install TypeScript.
  const configs = ['tsconfig.json', 'tsconfig.server.json'].flatMap((file) =>
    chosen.map((name) => join(name, file)).filter((path) => existsSync(join(place, path))),
  )
  if (configs.length === 0) return true
  const { ok, output, again } = await run(process.execPath, [typescript, '-b', ...configs], {
    cwd: place,
    timeout: 600_000,
  })
  if (!ok) console.error(`${again}\n${output}`)
  return ok
}

/**
 * Updates our own packages in a manifest and its lock file to the packed packages: their versions and their
 * dependencies.
 */
function takePacked(folder) {
  const [manifest, lock] = ['package.json', 'package-lock.json'].map((file) => readJson(join(folder, file)))
  const ours = new Map(packs.map((pack) => [pack.manifest.name, pack.manifest]))
  for (const path of Object.keys(lock.packages)) if (ours.has(nameAt(path))) delete lock.packages[path]
  for (const { dependencies } of [manifest, lock.packages['']])
    for (const name of Object.keys(dependencies))
      if (ours.has(name)) dependencies[name] = ours.get(name).version
  const lockOurs = ({ dependencies = {} }) => {
    for (const { name, version, dependencies: needs } of Object.keys(dependencies).flatMap(
      (name) => ours.get(name) ?? [],
    )) {
      lock.packages[`node_modules/${name}`] = { version, dependencies: needs }
      lockOurs({ dependencies: needs })
    }
  }
  lockOurs(manifest)
  writeJson(join(folder, 'package.json'), manifest)
  writeJson(join(folder, 'package-lock.json'), lock)
}

function nameAt(path) {
  return path.replace(/^node_modules\//, '')
}

/** Runs the tests. Returns `true` when they passed; vitest prints the details. */
function runTests() {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const env = { EXAMPLES: chosen.join(), EXAMPLES_PLACE: place }
  return succeeds(process.execPath, [vitest, 'run', '--config', 'vitest.examples.config.ts'], {
    cwd: root,
    env,
  })
}

async function startOne(name) {
  const aborted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => aborted.abort())
  const ok = await succeeds('npm', ['start'], { cwd: join(place, name), cancelSignal: aborted.signal })
  process.exitCode = ok ? 0 : 1
}

async function succeeds(command, args, options) {
  const { failed } = await execa(command, args, { ...options, stdio: 'inherit', reject: false })
  return !failed
}

/**
 * Updates the lock files. Omits the origins of all packages, and the hashes of our own packages, which change
 * with every build.
 */
async function updateLocks() {
  const locked = chosen.filter((name) => existsSync(lockOf(name)) || only.includes(name))
  await sideBySide([page, ...locked], (name) =>
    timed(name, async () => {
      // npm does not request packages again that a lock file already has.
      if (existsSync(lockOf(name))) {
        const old = readJson(lockOf(name))
        for (const path of Object.keys(old.packages))
          if (path.startsWith('node_modules/@chat/')) delete old.packages[path]
        writeJson(lockOf(name), old)
      }
      await npm(['install', '--package-lock-only', '--ignore-scripts'], join(source, name))
      const written = readJson(lockOf(name))
      for (const [path, entry] of Object.entries(written.packages)) {
        delete entry.resolved
        if (path.startsWith('node_modules/@chat/')) delete entry.integrity
      }
      writeJson(lockOf(name), written)
    }),
  )
  registry.close()
}

function npm(args, cwd) {
  return must('npm', [...args, ...fromThere], cwd)
}

async function must(command, args, cwd) {
  // The build of Next.js takes minutes on a busy machine.
  const { ok, output, again } = await run(command, args, { cwd, timeout: 600_000 })
  if (!ok) throw new Error(`${again}\n${output}`)
}

async function timed(title, task) {
  const start = performance.now()
  try {
    return await task()
  } finally {
    times.set(title, performance.now() - start)
    console.log(`${title}: ${seconds(title)}`)
  }
}

function summarize(ok) {
  const installed = chosen.map((name) => `${name} ${seconds(name)}`).join(', ')
  console.log(
    `\ntest-examples: pack ${seconds('pack')}, page ${seconds('page')}, types ${seconds('types')}, tests ${seconds('tests')}`,
  )
  console.log(`  installed and built: ${installed}`)
  times.set('all', performance.now() - began)
  console.log(`  ${ok ? 'ok' : 'FAILED'}: ${chosen.length} examples in ${seconds('all')}`)
  process.exitCode = ok ? 0 : 1
}

function seconds(title) {
  return `${(times.get(title) / 1000).toFixed(1)} s`
}

function options(args) {
  const known = {
    only: { type: 'string', default: '' },
    start: { type: 'string' },
    lock: { type: 'boolean' },
  }
  try {
    const { only, ...others } = parseArgs({ args, options: known }).values
    return { ...others, only: only.split(',').filter((name) => name !== '') }
  } catch ({ message }) {
    return fail(`${message}; the head of tooling/examples/main.mjs lists the options`)
  }
}

function isProject(name) {
  return existsSync(join(source, name, 'package.json'))
}

function lockOf(name) {
  return join(source, name, 'package-lock.json')
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'))
}

function writeJson(file, value) {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`)
}

function fail(reason) {
  console.error(`test-examples: ${reason}`)
  process.exit(1)
}
