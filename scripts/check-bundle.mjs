// What a page loads with @chat/browser, by folder of the sources, and a failure when something is in it that no page needs.
// Bundles packages/browser/dist as an app would and follows the source maps back. Reads dist: build first.
import { SourceMap } from 'node:module'
import { join } from 'node:path'
import { build } from 'esbuild'
import { requireBuild, root } from './packages.mjs'

/** Folders no byte of which may be in the bundle, and why. */
const forbidden = {
  'packages/core/src/hub': 'the hub runs on servers',
  'packages/core/src/admission': 'servers let clients in',
  'packages/core/src/memory': 'the in-memory network is for servers and tests',
  'packages/testing': 'simulations are for tests',
}

requireBuild()
const bytes = bytesBySource(await bundle())
for (const [folder, size] of sum(bytes)) console.log(`${String(size).padStart(7)} B minified  ${folder}`)

const bad = [...bytes].filter(([source, size]) => size > 0 && reasonAgainst(source) !== undefined)
for (const [source, size] of bad) {
  console.error(`${source}: ${size} bytes are in the browser bundle, but ${reasonAgainst(source)}`)
}
process.exit(bad.length > 0 ? 1 : 0)

async function bundle() {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'packages', 'browser', 'dist', 'index.js')],
    absWorkingDir: root,
    outdir: join(root, 'temp'),
    bundle: true,
    minify: true,
    format: 'esm',
    sourcemap: 'external',
    write: false,
    logLevel: 'error',
  })
  const text = (ending) => outputFiles.find(({ path }) => path.endsWith(ending)).text
  return { code: text('.js'), map: JSON.parse(text('.map')) }
}

/** Source file → how many bytes of the bundle come from it. */
function bytesBySource({ code, map }) {
  const sourceMap = new SourceMap(map)
  const sizes = new Map()
  for (const [number, line] of code.split('\n').entries()) {
    for (let column = 0; column < line.length; column++) {
      const { originalSource } = sourceMap.findEntry(number, column)
      if (originalSource === undefined) continue
      // Relative to the bundle's folder, which is one below the root.
      const source = originalSource.replace(/^(\.\.\/)+/, '')
      sizes.set(source, (sizes.get(source) ?? 0) + 1)
    }
  }
  return sizes
}

/** The sizes of folders, largest first; a dependency is one folder. */
function sum(sizes) {
  const folders = new Map()
  for (const [source, size] of sizes) {
    const folder = source.replace(/(node_modules\/(@[^/]+\/)?[^/]+)\/.*/, '$1').replace(/\/[^/]+\.ts$/, '')
    folders.set(folder, (folders.get(folder) ?? 0) + size)
  }
  return [...folders].sort(([, a], [, b]) => b - a)
}

function reasonAgainst(source) {
  const folder = Object.keys(forbidden).find((name) => source.startsWith(`${name}/`))
  return folder === undefined ? undefined : forbidden[folder]
}
