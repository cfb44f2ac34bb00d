// Checks the types of the packages with the compilers of users, in full: `strict`, and without
// `skipLibCheck`.
import { join } from 'node:path'
import { ensureInstalled } from '../installed.mjs'
import { findRuntime } from '../runtimes/runtimes.mjs'
import { sideBySide } from '../side-by-side.mjs'
import { published } from './pack.mjs'

/** Compilers of tooling/installed/packages. Compilers before 5.8 do not support `require()` of ES modules. */
const compilers = ['5.5', '5.9', '6', '7']
const knowsRequire = (compiler) => compiler !== '5.5'

const settings = {
  NodeNext: { module: 'NodeNext', moduleResolution: 'NodeNext', exactOptionalPropertyTypes: true },
  Bundler: { module: 'ESNext', moduleResolution: 'Bundler', exactOptionalPropertyTypes: false },
}

/**
 * Programs to compile, with the types and libraries that they may use. `only` names a setting where the other
 * setting adds nothing.
 */
const projects = {
  server: { files: ['server.ts', 'web.ts', 'required.cts'], types: ['node'], lib: ['ES2022'] },
  page: { files: ['page.ts'], types: [], lib: ['ES2022', 'DOM', 'DOM.Iterable'], only: 'Bundler' },
  bare: { files: ['bare.ts'], types: [], lib: ['ES2022'], only: 'NodeNext' },
  wrong: { files: ['wrong.ts'], types: [], lib: ['ES2022'], only: 'Bundler' },
  // The types of Bun need TypeScript 5.7.
  bun: { files: ['bun.ts'], types: ['bun'], lib: ['ES2023'], since: '5.9', host: true },
  worker: {
    files: ['worker.ts'],
    types: ['@cloudflare/workers-types'],
    lib: ['ES2022'],
    only: 'Bundler',
    host: true,
  },
}

export async function test({ report, users }) {
  const user = users.make('types')
  // Bun and Workers have their own global types, which conflict with those of Node.
  const host = users.make('types-of-hosts')
  const names = published.map(({ manifest }) => manifest.name)
  for (const one of [user, host])
    if (!report.ran(`npm install ${names.join(' ')}`, await one.install(...names))) return
  user.link('@types/node', '@types/ws')
  host.link('@types/bun', 'bun-types', '@cloudflare/workers-types', 'hono', 'elysia')
  for (const one of [user, host]) one.copy('types')
  const all = compilers.flatMap((compiler) =>
    Object.keys(settings).flatMap((setting) =>
      Object.keys(projects)
        .filter((project) => (projects[project].only ?? setting) === setting)
        .filter((project) => Number(compiler) >= Number(projects[project].since ?? 0))
        .map((project) => ({ compiler, setting, project })),
    ),
  )
  await sideBySide(all, (one) => check(one, projects[one.project].host ? host : user, report))
  await inDeno(host, report)
}

/** Checks with Deno, which has its own compiler and types. */
async function inDeno(user, report) {
  const deno = findRuntime('deno')
  if (deno === null) return report.skip('deno check', 'Deno is not installed', process.env.CI !== undefined)
  const args = ['check', '--node-modules-dir=manual', '--no-lock', '--all', 'types/deno.ts']
  const result = await user.run(deno.command, args, { env: { NO_COLOR: '1' } })
  report.ran(`${deno.title} check: deno.ts`, result)
}

async function check({ compiler, setting, project }, user, report) {
  const { files, types, lib } = projects[project]
  const config = `tsconfig.${project}-${compiler}-${setting}.json`
  const wanted = files.filter(
    (file) => file.endsWith('.ts') || (setting === 'NodeNext' && knowsRequire(compiler)),
  )
  const compilerOptions = {
    ...settings[setting],
    target: 'ES2022',
    strict: true,
    skipLibCheck: false,
    noEmit: true,
    types,
    lib,
  }
  user.write(config, JSON.stringify({ compilerOptions, files: wanted.map((file) => `types/${file}`) }))
  const tsc = join(ensureInstalled('packages'), `typescript-${compiler}`, 'bin', 'tsc')
  const result = await user.run(process.execPath, [tsc, '-p', config, '--pretty', 'false'])
  const what = `TypeScript ${compiler}, ${setting}: ${wanted.join(', ')}`
  if (project === 'wrong') report.say(what, unreported(result.output, user), result.again)
  else if (projects[project].host) report.say(what, ours(result), result.again)
  else report.ran(what, result)
}

/** Returns the errors in a program or in our own types. Types of hosts and frameworks may have errors. */
function ours({ ok, output }) {
  const errors = output.split(/\n(?! )/).filter((error) => /error TS/.test(error))
  if (!ok && errors.length === 0) return output || 'it failed without output'
  return errors.filter((error) => !/^\S*node_modules\/(?!@chat\/)/.test(error)).join('\n')
}

/** Returns the mistakes that the compiler did not report, and the reports that are not about mistakes. */
function unreported(output, user) {
  const wrong = user
    .read('types/wrong.ts')
    .split('\n')
    .flatMap((line, i) => (line.includes('// wrong') ? [i + 1] : []))
  const reported = new Set(
    [...output.matchAll(/^types\/wrong\.ts\((\d+),/gm)].map(([, line]) => Number(line)),
  )
  const others = output
    .split('\n')
    .filter((line) => /error TS/.test(line) && !line.startsWith('types/wrong.ts('))
  return [
    ...wrong
      .filter((line) => !reported.has(line))
      .map((line) => `wrong.ts:${line} is a mistake, but the compiler reports none`),
    ...[...reported]
      .filter((line) => !wrong.includes(line))
      .map((line) => `wrong.ts:${line} is no mistake, but the compiler reports an error`),
    ...others,
  ].join('\n')
}
