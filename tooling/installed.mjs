// Heavy tools are in separate packages in tooling/installed/, each with a lock file, so that `npm ci` at the
// root stays fast. Each is installed on first use. `node tooling/installed.mjs <command> [arguments]` starts
// a command of tooling/installed/checkers in the current folder.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const folder = fileURLToPath(new URL('installed/', import.meta.url))

/** Installs a folder of tooling/installed on its first use. Returns the path of its node_modules. */
export function ensureInstalled(name) {
  return ensureModules(join(folder, name), `tooling/installed/${name}`)
}

/**
 * Installs the modules of a folder with a lock file, unless they are as new as the lock file. Returns the
 * path of its node_modules.
 */
export function ensureModules(place, name) {
  const modules = join(place, 'node_modules')
  const installed = join(modules, '.package-lock.json')
  const wanted = join(place, 'package-lock.json')
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return modules
  console.log(`installing ${name} …`)
  const { status } = spawnSync('npm', ['ci', '--prefix', place], { stdio: 'inherit' })
  if (status !== 0) fail(`npm ci --prefix ${name} failed; run it by hand to see why`)
  return modules
}

/** Imports a module of tooling/installed/checkers. */
export async function importChecker(name) {
  const require = createRequire(join(ensureInstalled('checkers'), '..', 'package.json'))
  return import(pathToFileURL(require.resolve(name)).href)
}

/** Returns the path of a command of tooling/installed/checkers. */
export function checkerCommand(name) {
  const path = join(ensureInstalled('checkers'), '.bin', name)
  return existsSync(path) ? path : fail(`no command "${name}"; see tooling/installed/checkers/package.json`)
}

function fail(reason) {
  console.error(`tooling/installed: ${reason}`)
  process.exit(1)
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [name, ...rest] = process.argv.slice(2)
  if (name === undefined) fail('name a command, such as: node tooling/installed.mjs changeset')
  process.exit(spawnSync(checkerCommand(name), rest, { stdio: 'inherit' }).status ?? 1)
}
