// The heavy checkers (API Extractor, attw, changesets) have a package of their own, tools/, so that `npm ci` at the root stays fast.
// Imported: ensureTools() installs it when it is missing or out of date, importTool() loads a module of it.
// Run: `node scripts/tools.mjs <command> [arguments]` starts one of its commands in the current folder.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const folder = fileURLToPath(new URL('../tools/', import.meta.url))
const lock = join(folder, 'package-lock.json')
const installed = join(folder, 'node_modules', '.package-lock.json')

/** Installs tools/ unless what is installed is as new as its lock file. */
export function ensureTools() {
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return
  console.log('installing tools/ …')
  const { status } = spawnSync('npm', ['ci', '--prefix', folder], { stdio: 'inherit' })
  if (status !== 0) fail('npm ci --prefix tools failed; run it by hand to see why')
}

/** A module of one of tools/'s packages. */
export async function importTool(name) {
  ensureTools()
  return import(pathToFileURL(createRequire(lock).resolve(name)).href)
}

/** The path of one of tools/'s commands. */
export function toolCommand(name) {
  ensureTools()
  const path = join(folder, 'node_modules', '.bin', name)
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
