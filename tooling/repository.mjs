// Functions for the other scripts: the repository's folder, and the packages with their manifests.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '')

/** Returns every package in packages/: its folder's name, its folder, and its manifest. */
export function packages() {
  return readdirSync(join(root, 'packages'))
    .sort()
    .map((name) => ({ name, folder: join(root, 'packages', name) }))
    .filter(({ folder }) => existsSync(join(folder, 'package.json')))
    .map(({ name, folder }) => ({ name, folder, manifest: readJson(join(folder, 'package.json')) }))
}

/**
 * Returns the entries of a package: `{ subpath: 'conformance', types: './dist/…', source: './src/…' }`, with `''`
 * for the main entry.
 */
export function entries({ manifest }) {
  return Object.entries(manifest.exports)
    .filter(([, target]) => typeof target === 'object' && target.types !== undefined)
    .map(([path, { types, '@chat/source': source }]) => ({
      subpath: path.replace(/^\.\/?/, ''),
      types,
      source,
    }))
}

/** Ends the process when a package is not built. */
export function requireBuild() {
  for (const pack of packages()) {
    for (const { types } of entries(pack)) {
      if (existsSync(join(pack.folder, types))) continue
      console.error(`${pack.manifest.name} is not built (${types} is missing): npm run build`)
      process.exit(1)
    }
  }
}

/**
 * Returns all files below a folder, except those in node_modules; an empty list when the folder does not
 * exist.
 */
export function filesBelow(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.name !== 'node_modules')
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      return entry.isDirectory() ? filesBelow(path) : [path]
    })
    .sort()
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'))
}
