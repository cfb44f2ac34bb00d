// Imports and requires every entry, and runs small programs, in each runtime.
import { entries } from '../repository.mjs'
import { findRuntime } from '../runtimes/runtimes.mjs'
import { sideBySide } from '../side-by-side.mjs'
import { published } from './pack.mjs'

const runtimes = ['node 20', 'node 22', 'node 24', 'node 26', 'bun', 'deno']

/**
 * Packages that only some runtimes can import. All other packages must load everywhere, even those for pages,
 * because servers render pages.
 */
const only = { '@chat/bun': ['bun'] }

/**
 * Programs of tooling/packages/programs: the packages that each needs, and its kinds of runtimes. Default:
 * all kinds.
 */
const programs = [
  { file: 'memory.mjs', needs: ['@chat/core'] },
  { file: 'world.mjs', needs: ['@chat/core', '@chat/testing'] },
  { file: 'node-ws.mjs', needs: ['@chat/core', '@chat/node-ws'] },
  { file: 'redis.mjs', needs: ['@chat/core', '@chat/redis'] },
  { file: 'http.mjs', needs: ['@chat/core', '@chat/http'] },
  { file: 'nats.mjs', needs: ['@chat/core', '@chat/nats'] },
  { file: 'sqlite.mjs', needs: ['@chat/core', '@chat/sqlite'] },
  { file: 'bun.mjs', needs: ['@chat/core', '@chat/bun', '@chat/browser'], kinds: ['bun'] },
  { file: 'bun-frameworks.mjs', needs: ['@chat/core', '@chat/bun', '@chat/browser'], kinds: ['bun'] },
  { file: 'web-socket.mjs', needs: ['@chat/core', '@chat/web-socket', '@chat/browser'], kinds: ['deno'] },
]

/** Arguments by which a kind of runtime starts a file without downloading packages. */
const starts = {
  node: (file) => [file],
  bun: (file) => ['--no-install', file],
  deno: (file) => ['run', '--allow-all', '--node-modules-dir=manual', '--cached-only', file],
}

export async function test({ report, users }) {
  const user = users.make('programs')
  const names = published.map(({ manifest }) => manifest.name)
  if (!report.ran(`npm install ${names.join(' ')}`, await user.install(...names))) return
  const wanted = programs.filter(({ needs }) => needs.every((name) => names.includes(name)))
  user.link('hono', 'elysia')
  for (const { file } of wanted) user.copy(file)
  await sideBySide(runtimes, (name) => inRuntime(name, user, wanted, report))
}

async function inRuntime(name, user, wanted, report) {
  const runtime = findRuntime(name)
  if (runtime === null) return report.skip(name, 'the runtime is not installed', process.env.CI !== undefined)
  const { kind, command, title } = runtime
  const start = (file) => user.run(command, starts[kind](file), { timeout: 60_000 })
  const loaded = published
    .filter(({ manifest }) => only[manifest.name]?.includes(kind) ?? true)
    .flatMap((pack) =>
      entries(pack).map(({ subpath }) => [pack.manifest.name, subpath].filter(Boolean).join('/')),
    )
  const file = `loads-${name.replace(' ', '-')}`
  user.write(`${file}.mjs`, imports(loaded))
  user.write(`${file}.cjs`, requires(loaded))
  report.ran(`${title}: imports ${loaded.length} entries`, await start(`${file}.mjs`))
  report.ran(`${title}: requires ${loaded.length} entries`, await start(`${file}.cjs`))
  for (const { file, kinds } of wanted) {
    if (kinds !== undefined && !kinds.includes(kind)) continue
    report.ran(`${title}: ${file}`, await start(file))
  }
}

function imports(names) {
  const lines = names.map((name, i) => `import * as module${i} from '${name}'`)
  const modules = names.map((name, i) => `['${name}', module${i}]`)
  return `${lines.join('\n')}
for (const [name, module] of [${modules.join(', ')}]) {
  if (Object.keys(module).length === 0) throw new Error(name + ' exports no value')
}
`
}

/** `require` and `import` must return the same classes. */
function requires(names) {
  return `(async () => {
  for (const name of ${JSON.stringify(names)}) {
    const required = require(name)
    const imported = await import(name)
    for (const key of Object.keys(imported)) {
      if (required[key] !== imported[key]) throw new Error(name + ' has a second ' + key + ' for require')
    }
  }
})()
`
}
