// The heavy checkers (API Extractor, attw, changesets) have a package of their own, tools/, so that `npm ci` at the root stays fast; so have other runtimes, tools/runtimes/.
// Imported: ensureTools() installs one when it is missing or out of date, importTool() loads a module of tools/.
// Run: `node scripts/tools.mjs <command> [arguments]` starts one of its commands in the current folder.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const folder = fileURLToPath(new URL('../tools/', import.meta.url))
const lock = join(folder, 'package-lock.json')

/** Installs tools/, or a folder of it with a package of its own, unless what is installed is as new as its lock file; answers where its modules are. */
export function ensureTools(within = '') {
  const place = join(folder, within)
  const modules = join(place, 'node_modules')
  const installed = join(modules, '.package-lock.json')
  const wanted = join(place, 'package-lock.json')
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return modules
  console.log(`installing tools/${within} …`)
  const { status } = spawnSync('npm', ['ci', '--prefix', place], { stdio: 'inherit' })
  if (status !== 0) fail(`npm ci --prefix tools/${within} failed; run it by hand to see why`)
  return modules
}

/** A module of one of tools/'s packages. */
export async function importTool(name) {
  ensureTools()
  return import(pathToFileURL(createRequire(lock).resolve(name)).href)
}

/** The path of one of tools/'s commands. */
export function toolCommand(name) {
  const path = join(ensureTools(), '.bin', name)
  return existsSync(path) ? path : fail(`tools/ has no command "${name}"; see tools/package.json`)
}

function fail(reason) {
  console.error(`tools: ${reason}`)
  process.exit(1)
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [name, ...rest] = process.argv.slice(2)
  if (name === undefined) fail('which command? node scripts/tools.mjs changeset')
  process.exit(spawnSync(toolCommand(name), rest, { stdio: 'inherit' }).status ?? 1)
}
