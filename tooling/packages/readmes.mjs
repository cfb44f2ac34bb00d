// Tests each README by itself: runs its install line in an empty folder, compiles all its TypeScript there,
// and runs its examples.
import { join } from 'node:path'
import { ensureInstalled } from '../installed.mjs'
import { root } from '../repository.mjs'
import { findRuntime } from '../runtimes/runtimes.mjs'
import { sideBySide } from '../side-by-side.mjs'
import { ends, passes, serves } from './examples.mjs'
import { published } from './pack.mjs'
import { blocks } from './readme.mjs'
import { objects } from './workerd.mjs'

/** Functions that run the examples of each README. */
const examples = {
  '@chat/ai-sdk': { not: 'they are a page, and a server with a model: packages/ai-sdk/test runs both' },
  '@chat/browser': { not: 'they are pages: the part "pages" opens them' },
  '@chat/bun': { run: (one) => serves({ ...one, runtime: 'bun' }) },
  '@chat/core': { run: ends },
  '@chat/http': { run: serves },
  '@chat/mcp': { run: ends },
  '@chat/nats': { not: 'they need a NATS server' },
  '@chat/node-ws': { run: serves },
  '@chat/react': { not: 'they are pages' },
  '@chat/redis': { not: 'they need a Redis server: packages/redis/test runs them' },
  '@chat/sqlite': { run: ends },
  '@chat/store': { run: ends },
  '@chat/tanstack-ai': { run: ends },
  '@chat/svelte': { not: 'they are pages' },
  '@chat/testing': { run: passes },
  '@chat/vue': { not: 'they are pages' },
  '@chat/web-socket': { run: inDenoAndWorkerd },
  'README.md': { run: passes },
}

/** Modules that READMEs use besides our packages, from tooling/installed/packages. */
const others = { express: ['express', '@types/express'], vitest: ['vitest'], ws: ['@types/ws'] }

/** Types that components need. */
const typesOfComponents = ['@types/react', 'csstype']

export async function test({ report, users }) {
  const own = {
    title: 'README.md',
    folder: root,
    line: ['npm', 'install', ...published.map(({ manifest }) => manifest.name), 'libsql'].join(' '),
  }
  const theirs = published.map(({ folder, manifest }) => ({
    title: manifest.name,
    folder,
    line: installLine(folder),
  }))
  await sideBySide([own, ...theirs], (readme) => standsAlone(readme, users, report))
}

async function standsAlone({ title, folder, line }, users, report) {
  if (line === undefined) return report.say(title, 'its README has no line `npm install …`')
  const user = users.make(`readme-of-${title.replace(/.*\//, '')}`)
  const [installer, ...args] = line.split(/\s+/)
  const command = installer === 'bun' ? findRuntime('bun')?.command : installer
  if (command === undefined) return report.skip(title, 'Bun is not installed', process.env.CI !== undefined)
  if (!report.ran(`${title}: ${line}`, await user.run(command, args))) return
  const typescript = blocks(folder).filter(({ language }) => /^tsx?$/.test(language))
  const code = typescript.map(({ text }) => text)
  const wanted = Object.keys(others).filter((name) => code.some((text) => text.includes(` from '${name}'`)))
  user.link('@types/node', ...wanted.flatMap((name) => others[name]))
  if (typescript.some(({ language }) => language === 'tsx')) user.link(...typesOfComponents)
  await compile(title, typescript, user, report)
  const example = examples[title]
  if (example?.run !== undefined) return example.run({ title, code, user, report })
  report.skip(
    `${title}: its examples run`,
    example?.not ?? '`examples` of tooling/packages/readmes.mjs does not list them',
  )
}

async function inDenoAndWorkerd(one) {
  await serves({ ...one, runtime: 'deno' })
  await objects(one)
}

function installLine(folder) {
  const lines = blocks(folder).map(
    ({ language, text }) => language === 'sh' && /^(?:npm install|bun add) .*$/m.exec(text)?.[0],
  )
  return lines.find((line) => line)
}

async function compile(title, code, user, report) {
  if (code.length === 0) return report.say(title, 'its README has no TypeScript example')
  for (const [i, { language, text, hidden }] of code.entries()) {
    const name = /^\/\/ ([\w-]+\.tsx?)\b/.exec(text)?.[1] ?? `block-${i + 1}.${language}`
    user.write(name, `${hidden}${text}\nexport {}\n`)
  }
  const compilerOptions = {
    module: 'NodeNext',
    target: 'ES2022',
    lib: ['ES2023', 'DOM', 'DOM.Iterable'],
    types: ['node'],
    jsx: 'react-jsx',
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    // Some modules that READMEs import have errors in their types.
    skipLibCheck: true,
  }
  user.write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['*.ts', '*.tsx'] }))
  const tsc = join(ensureInstalled('packages'), 'typescript-6', 'bin', 'tsc')
  const result = await user.run(process.execPath, [tsc, '-p', '.', '--pretty', 'false'])
  report.ran(`${title}: its ${code.length} examples compile`, result)
}
