// Every rule of docs/protocol.md (P-AB-1) has to be named by a test, and a test may only name rules that exist.
// Prints what is missing and fails. Rules of parts that are not built yet stand in `notYet`.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { filesBelow, packages, root } from './packages.mjs'

/** Rules without a test, and why. `P-AB-*` stands for the whole family. */
const notYet = {
  'P-HT-*': 'the HTTP transport is not built yet',
  'P-PR-2': 'presence is not built yet',
  'P-PR-3': 'presence is not built yet',
  'P-PR-4': 'presence is not built yet',
  'P-PR-5': 'presence is not built yet',
}

const protocol = join(root, 'docs', 'protocol.md')
if (!existsSync(protocol)) {
  console.error('check-rules: docs/protocol.md is missing; it is where the rules are defined')
  process.exit(1)
}

const rules = definedRules()
const named = namedByTests()
const problems = [...unknown(), ...untested(), ...stale()]
for (const problem of problems) console.error(problem)
const tested = [...rules].filter((id) => named.has(id)).length
console.log(`check-rules: ${tested} of ${rules.size} rules are named by tests, ${problems.length} problems`)
process.exit(problems.length > 0 ? 1 : 0)

/** A rule is defined where its id stands in bold; elsewhere it is only mentioned. */
function definedRules() {
  const text = readFileSync(protocol, 'utf8')
  return new Set([...text.matchAll(/\*\*(P-[A-Z]+-\d+)\*\*/g)].map(([, id]) => id))
}

function unknown() {
  return [...named]
    .filter(([id]) => !rules.has(id))
    .map(([id, file]) => `${file}: names ${id}, which docs/protocol.md does not define`)
}

function untested() {
  return [...rules]
    .filter((id) => !named.has(id) && excuse(id) === undefined)
    .map((id) => `${id}: no test names it; put the id into the title of the test that shows it`)
}

/** Excuses that excuse nothing any more. */
function stale() {
  return Object.keys(notYet)
    .filter((key) => ![...rules].some((id) => !named.has(id) && matches(key, id)))
    .map((key) => `${key}: every such rule has a test; take it out of notYet in scripts/check-rules.mjs`)
}

function excuse(id) {
  return Object.keys(notYet).find((key) => matches(key, id))
}

function matches(key, id) {
  return key.endsWith('*') ? id.startsWith(key.slice(0, -1)) : key === id
}

/** Each id that a test names, with the first file that does. */
function namedByTests() {
  const ids = new Map()
  for (const file of testFiles()) {
    for (const id of idsIn(file)) if (!ids.has(id)) ids.set(id, relative(root, file))
  }
  return ids
}

function testFiles() {
  const folders = [
    join(root, 'packages', 'testing', 'src', 'conformance'),
    ...[...packages().map(({ folder }) => folder), ...foldersIn(join(root, 'examples'))].flatMap(testFolders),
  ]
  return folders.flatMap(filesBelow).filter((file) => /\.(ts|tsx|mjs|json)$/.test(file))
}

/** `test`, `test-browser`, … of one package or example. */
function testFolders(folder) {
  return foldersIn(folder).filter((path) => basename(path).startsWith('test'))
}

function foldersIn(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name))
}

function idsIn(file) {
  return readFileSync(file, 'utf8').match(/\bP-[A-Z]+-\d+\b/g) ?? []
}
