// Checks that a test names each rule of docs/protocol.md (P-AB-1) and each case of docs/faults.md (S-05), and
// that tests name only defined ids. Prints all problems and fails. `notYet` lists the ids of parts that are
// not built yet, with the reasons.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { filesBelow, packages, root } from '../repository.mjs'

/** Pages that define ids, with the pattern of their ids and the noun for an id. */
const catalogues = [
  { file: 'docs/protocol.md', id: 'P-[A-Z]+-\\d+', one: 'rule' },
  { file: 'docs/faults.md', id: '(?:U|S|BP|N|SEC|FZ|SK)-\\d\\d', one: 'case' },
]

/** Ids without a test, with the reasons. `P-AB-*` stands for the whole family. */
const notYet = {
  'U-06': 'there is no MessagePack codec yet',
  'BP-11': 'memory has no other writers: for the Redis and NATS backplanes',
  'N-04': 'the Autobahn suite needs a Python 2 of its own; ws runs it upstream',
  'SEC-20': 'the SDK reads no tokens: `authenticate` is the application’s',
}

const named = namedByTests()
const problems = [...catalogues.flatMap(missing), ...stale()]
for (const problem of problems) console.error(problem)
const totals = catalogues.map(({ file, id, one }) => {
  const ids = [...defined(file, id)]
  return `${ids.filter((each) => named.has(each)).length} of ${ids.length} ${one}s`
})
console.log(`check-rules: ${totals.join(' and ')} are named by tests, ${problems.length} problems`)
process.exit(problems.length > 0 ? 1 : 0)

/** Returns the ids that a page defines: those in bold. The page mentions other ids as plain text. */
function defined(file, id) {
  const path = join(root, file)
  if (!existsSync(path)) {
    console.error(`check-rules: ${file} is missing; it defines the ids`)
    process.exit(1)
  }
  const text = readFileSync(path, 'utf8')
  return new Set([...text.matchAll(new RegExp(`\\*\\*(${id})\\*\\*`, 'g'))].map(([, found]) => found))
}

/** Returns the ids that tests name without a definition, and those that are defined without a test. */
function missing({ file, id, one }) {
  const ids = defined(file, id)
  const whole = new RegExp(`^${id}$`)
  const unknown = [...named]
    .filter(([each]) => whole.test(each) && !ids.has(each))
    .map(([each, where]) => `${where}: names ${each}, which ${file} does not define`)
  const untested = [...ids]
    .filter((each) => !named.has(each) && excuse(each) === undefined)
    .map((each) => `${each}: no test names this ${one}; put the id into the title of the test that shows it`)
  return [...unknown, ...untested]
}

/** Returns the entries of `notYet` that are out of date. */
function stale() {
  const ids = catalogues.flatMap(({ file, id }) => [...defined(file, id)])
  return Object.keys(notYet)
    .filter((key) => !ids.some((each) => !named.has(each) && matches(key, each)))
    .map(
      (key) =>
        `${key}: a test names it, or no page defines it; remove it from notYet in tooling/checks/rules.mjs`,
    )
}

function excuse(id) {
  return Object.keys(notYet).find((key) => matches(key, id))
}

function matches(key, id) {
  return key.endsWith('*') ? id.startsWith(key.slice(0, -1)) : key === id
}

/** Returns each id that a test names, with the first file that names it. */
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
    join(root, 'test-support', 'brokers', 'faults'),
    join(root, 'test-support', 'hostile', 'attacks'),
    join(root, 'test-support', 'soak'),
    ...[...packages().map(({ folder }) => folder), ...foldersIn(join(root, 'examples'))].flatMap(testFolders),
  ]
  return folders.flatMap(filesBelow).filter((file) => /\.(ts|tsx|mjs|json)$/.test(file))
}

/** Returns the folders `test`, `test-browser`, … of a package or example. */
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
  const text = readFileSync(file, 'utf8')
  return catalogues.flatMap(({ id }) => text.match(new RegExp(`(?<![A-Z-])${id}(?!\\d)`, 'g')) ?? [])
}
