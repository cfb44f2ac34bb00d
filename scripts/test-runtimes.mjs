// The simulation must be the same everywhere: prints the hash of the same seeds on this Node, Node 22, Node 24 and Bun, and fails where they differ; and runs
// packages/testing/test/runners.test.ts, which vitest runs with all others, in node:test and bun:test.
// The sources are bundled as they would be installed, so that no build is needed.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { ensureTools } from './tools.mjs'

/** What must be there when CI runs this. */
const required = ['node 20', 'node 22', 'node 24', 'bun 1']

const out = resolve('.runtimes')
rmSync(out, { recursive: true, force: true })
await install('core', [])
await install('testing', ['@chat/core'])
const hashes = join(out, 'hashes.mjs')
await bundle('packages/testing/scenarios/hashes.ts', hashes)

const runtimes = await findRuntimes()
const missing = required.filter((name) => !runtimes.some(({ title }) => title.startsWith(name)))
if (missing.length > 0) console.log(`not here: ${missing.join(', ')}`)
const results = runtimes.map((runtime) => ({ ...runtime, hashes: hashesOf(runtime), tested: test(runtime) }))
const same = compare(results)
rmSync(out, { recursive: true, force: true })
const ok = same && results.every(({ tested }) => tested) && !(process.env.CI && missing.length > 0)
console.log(ok ? 'test-runtimes: the same everywhere' : 'test-runtimes: FAILED')
process.exit(ok ? 0 : 1)

async function findRuntimes() {
  const modules = ensureTools('runtimes')
  const others = ['22', '24'].map((major) =>
    join(modules, `node-${major}-${process.platform}-${process.arch}`, 'bin', 'node'),
  )
  const candidates = [
    { command: process.execPath, runner: 'node:test', test: ['--test'] },
    ...others.map((command) => ({ command, runner: 'node:test', test: ['--test'] })),
    { command: join(modules, '.bin', 'bun'), runner: 'bun:test', test: ['test'] },
  ]
  const found = []
  for (const candidate of candidates.filter(({ command }) => existsSync(command))) {
    const [name] = candidate.runner.split(':')
    const version = run(candidate.command, ['--version']).stdout.trim().replace(/^v/, '')
    const title = `${name} ${version}`
    // Before the file that bundles the tests: each runner brings its own.
    const tests = join(out, name, 'runners.test.mjs')
    await bundle('packages/testing/test/runners.test.ts', tests, { vitest: candidate.runner })
    found.push({ ...candidate, title, tests })
  }
  return found
}

/** Puts a package where imports of it are looked for, as one file. */
async function install(name, external) {
  const folder = join(out, 'node_modules', '@chat', name)
  await bundle(`packages/${name}/src/index.ts`, join(folder, 'dist', 'index.js'), {}, external)
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: `@chat/${name}`, type: 'module', exports: './dist/index.js' }),
  )
}

async function bundle(entry, outfile, alias = {}, external = ['@chat/*']) {
  mkdirSync(join(outfile, '..'), { recursive: true })
  await build({
    entryPoints: [entry],
    outfile,
    alias,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@chat/source'],
    external: [...external, 'bun:test'],
    logLevel: 'error',
  })
}

/** `search, seed` → hash. */
function hashesOf({ title, command }) {
  const start = performance.now()
  const { status, stdout, stderr } = run(command, [hashes])
  if (status !== 0) console.log(`${title}: the searches have failed\n${stdout}${stderr}`)
  const found = new Map()
  for (const line of status === 0 ? stdout.trim().split('\n') : []) {
    const [search, seed, hash] = JSON.parse(line)
    found.set(`${search}, seed ${seed}`, hash)
  }
  console.log(`${title}: ${found.size} seeds in ${seconds(start)} s`)
  return found
}

function test({ title, command, runner, test: args, tests }) {
  const start = performance.now()
  const { status, stdout, stderr } = run(command, [...args, tests])
  // A runner that finds no test succeeds, too.
  const passed = Number(/^(?:# pass|ℹ pass| *)\s*(\d+)(?: pass)?$/m.exec(`${stdout}\n${stderr}`)?.[1] ?? 0)
  const ok = status === 0 && passed > 0
  console.log(
    `${title}: ${passed} tests in ${runner} passed in ${seconds(start)} s${ok ? '' : ', others FAILED'}`,
  )
  if (!ok) console.log(`${stdout}${stderr}`)
  return ok
}

function compare(results) {
  const [reference, ...others] = results
  let same = reference.hashes.size > 0
  for (const [seed, hash] of reference.hashes) {
    const differing = others.filter(({ hashes: theirs }) => theirs.get(seed) !== hash)
    console.log(`${seed}: ${hash}`)
    for (const { title, hashes: theirs } of differing)
      console.log(`  but ${theirs.get(seed) ?? 'nothing'} on ${title}`)
    same &&= differing.length === 0
  }
  return same
}

function run(command, args) {
  const env = { ...process.env }
  // A runner inside another would report to it.
  delete env.NODE_TEST_CONTEXT
  return spawnSync(command, args, { cwd: out, env, encoding: 'utf8', timeout: 300_000 })
}

function seconds(start) {
  return ((performance.now() - start) / 1_000).toFixed(1)
}
