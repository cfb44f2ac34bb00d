// Every rule of docs/protocol.md (P-AB-1) and every case of docs/faults.md (S-05) has to be named by a test, and a test may only name what is
// defined. Prints what is missing and fails. What belongs to parts that are not built yet stands in `notYet`, with the reason.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { filesBelow, packages, root } from '../repository.mjs'

/** Where ids are defined, what they look like, and what one is called. */
const catalogues = [
  { file: 'docs/protocol.md', id: 'P-[A-Z]+-\\d+', one: 'rule' },
  { file: 'docs/faults.md', id: '(?:U|S|BP|N|SEC|FZ|SK)-\\d\\d', one: 'case' },
]

/** What has no test, and why. `P-AB-*` stands for the whole family. */
const notYet = {
  'U-06': 'there is no MessagePack codec yet',
  'BP-03': 'memory has no primary to kill: for the Redis and NATS backplanes',
  'BP-04': 'memory has no replicas: for the Redis backplane',
  'BP-05': 'memory has no failover: for the Redis and NATS backplanes',
  'BP-06': 'memory has no connections to kill: for the Redis and NATS backplanes',
  'BP-07': 'memory has no output buffers: for the Redis backplane',
  'BP-11': 'nobody else writes into memory: for the Redis and NATS backplanes',
  'N-04': 'the Autobahn suite needs a Python 2 of its own; ws runs it upstream',
  'SEC-12': 'a hub counts no connections: that is for the host, or the proxy in front of it',
  'SEC-20': 'the SDK reads no tokens: `authenticate` is the application’s',
  'SK-*': 'soaks take hours: they are no tests of a commit',
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

/** An id is defined where it stands in bold; elsewhere it is only mentioned. */
function defined(file, id) {
  const path = join(root, file)
  if (!existsSync(path)) {
    console.error(`check-rules: ${file} is missing; it is where the ids are defined`)
    process.exit(1)
  }
  const text = readFileSync(path, 'utf8')
  return new Set([...text.matchAll(new RegExp(`\\*\\*(${id})\\*\\*`, 'g'))].map(([, found]) => found))
}

/** What is named and not defined, and what is defined and not named. */
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

/** Excuses that excuse nothing any more. */
function stale() {
  const ids = catalogues.flatMap(({ file, id }) => [...defined(file, id)])
  return Object.keys(notYet)
    .filter((key) => !ids.some((each) => !named.has(each) && matches(key, each)))
    .map((key) => `${key}: a test names it now; take it out of notYet in tooling/checks/rules.mjs`)
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
  const text = readFileSync(file, 'utf8')
  return catalogues.flatMap(({ id }) => text.match(new RegExp(`(?<![A-Z-])${id}(?!\\d)`, 'g')) ?? [])
}
