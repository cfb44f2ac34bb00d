// Bundles the code for other runtimes from the sources, in the layout of installed packages, so that no build
// is needed.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { packages } from '../repository.mjs'

/** Folder of the bundles; imports of `@chat/*` find their packages below it. */
export const out = resolve('.runtimes')

/**
 * Options that run a bundle. Without NODE_TEST_CONTEXT a nested test runner does not report to the outer test
 * runner.
 */
export const within = { cwd: out, timeout: 300_000, env: { NODE_TEST_CONTEXT: undefined } }

/** Bundles a file; imports of packages stay unchanged. */
export async function bundle(entry, outfile, alias = {}) {
  await build({ ...settings, entryPoints: [entry], outfile, alias })
  return outfile
}

/** Bundles a file with all its imports, for a runtime without files. */
export async function bundleWhole(entry, outfile) {
  await build({
    ...settings,
    platform: 'neutral',
    mainFields: ['module', 'main'],
    external: [],
    entryPoints: [entry],
    outfile,
  })
  return outfile
}

/** Bundles packages into the folder where imports find them. */
export async function install(...names) {
  for (const name of names) {
    const { folder, manifest } = packages().find((one) => one.name === name)
    const place = join(out, 'node_modules', '@chat', name)
    const targets = Object.entries(manifest.exports).filter(([, target]) => typeof target === 'object')
    const files = targets.map(([, target]) => [
      target.default.replace(/\.js$/, ''),
      join(folder, target['@chat/source']),
    ])
    await build({ ...settings, entryPoints: Object.fromEntries(files), outdir: place, splitting: true })
    const exports = Object.fromEntries(targets.map(([path, target]) => [path, target.default]))
    mkdirSync(place, { recursive: true })
    writeFileSync(
      join(place, 'package.json'),
      JSON.stringify({ name: manifest.name, type: 'module', exports }),
    )
  }
}

const settings = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  conditions: ['@chat/source'],
  external: ['@chat/*', 'ws', 'bun:test'],
  logLevel: 'error',
}
