// Generates parts of docs/capabilities.md from the results of the conformance suites (docs/conformance).
//   npm run capabilities               writes the page
//   npm run capabilities -- --check    fails when the page is out of date
//   npm run capabilities -- --record   first runs every suite in every runtime, and stores the results
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../repository.mjs'
import { generated } from './capabilities-page.mjs'
import { records } from './conformance-records.mjs'

const page = join(root, 'docs', 'capabilities.md')

if (process.argv.includes('--record')) record()
const before = readFileSync(page, 'utf8')
const after = Object.entries(generated(records())).reduce(put, before)
if (!process.argv.includes('--check')) writeFileSync(page, after)
else if (after !== before)
  fail('docs/capabilities.md is out of date: run npm run capabilities, and commit the page')
console.log('capabilities: docs/capabilities.md is up to date')

/** Replaces the text between the marks of a part. */
function put(text, [name, part]) {
  const marks = [`<!-- ${name}: npm run capabilities -->`, `<!-- end of ${name} -->`]
  const [start, end] = marks.map((mark) => text.indexOf(mark))
  if (start < 0 || end < start)
    fail(`docs/capabilities.md lacks the marks of ${name}: ${marks.join(' and ')}`)
  return `${text.slice(0, start + marks[0].length)}\n\n${part}\n\n${text.slice(end)}`
}

function record() {
  const env = { ...process.env, RECORD: '1' }
  for (const [command, ...args] of [
    ['npx', 'vitest', 'run', 'conformance'],
    ['npx', 'vitest', 'run', '--config', 'vitest.browsers.config.ts', 'conformance'],
    [process.execPath, 'tooling/runtimes/main.mjs', 'bun', 'deno', 'workerd', 'http'],
    [process.execPath, 'tooling/brokers/main.mjs', '--all'],
  ]) {
    const { status } = spawnSync(command, args, { cwd: root, env, stdio: 'inherit' })
    if (status !== 0) fail(`${args.join(' ')} failed`)
  }
}

function fail(reason) {
  console.error(`capabilities: ${reason}`)
  process.exit(1)
}
