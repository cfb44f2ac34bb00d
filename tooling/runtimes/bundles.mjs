// What other runtimes run is bundled from the sources as it would be installed, so that no build is needed.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { packages } from '../repository.mjs'

/** Where bundles lie; imports of `@chat/*` find their packages below it. */
export const out = resolve('.runtimes')

/** How bundles are run. A test runner inside another would report to it, if it knew of it. */
export const within = { cwd: out, timeout: 300_000, env: { NODE_TEST_CONTEXT: undefined } }

/** Bundles one file; imports of packages stay as they are. */
export async function bundle(entry, outfile, alias = {}) {
  await build({ ...settings, entryPoints: [entry], outfile, alias })
  return outfile
}

/** Bundles one file with all that it imports, for a runtime without files. */
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

/** Puts packages where imports of them are looked for. */
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
