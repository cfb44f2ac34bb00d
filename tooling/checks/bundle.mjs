// Lists the sources that a page loads with @chat/browser, by folder. Fails when the bundle has a source that
// no page needs. Bundles packages/browser/dist as an app would, and reads the source maps. Reads dist: build
// first.
import { existsSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { join } from 'node:path'
import { build } from 'esbuild'
import { requireBuild, root } from '../repository.mjs'

/** Folders and files of which no bundle may have a byte, with the reasons. */
const forbidden = {
  'packages/core/src/hub': 'the hub runs on servers',
  'packages/core/src/transport/request-handler.ts': 'servers answer requests',
  'packages/core/src/transport/origin-policy.ts': 'servers answer requests',
  'packages/core/src/transport/path-pattern.ts': 'servers answer requests',
  'packages/core/src/memory': 'the in-memory network is for servers and tests',
  'packages/http/src/endpoint.ts': 'servers answer requests',
  'packages/http/src/connection.ts': 'servers answer requests',
  'packages/testing': 'simulations are for tests',
}

/** A file that is only in the bundles of pages that use it. */
const presence = 'packages/core/src/client/subscriptions/watch-presence.ts'

requireBuild()
for (const path of [...Object.keys(forbidden), presence])
  if (!existsSync(join(root, path))) fail(`${path} does not exist; it has a row in tooling/checks/bundle.mjs`)
const page = `export * from '@chat/browser'`
const bytes = bytesBySource(await bundle(page))
for (const [folder, size] of sum(bytes)) report(size, folder)
check(bytes, { ...forbidden, [presence]: 'this page does not show presence' })

const withPresence = bytesBySource(await bundle(`${page}; export { watchPresence } from '@chat/core'`))
report(total(withPresence) - total(bytes), 'more with presence')
check(withPresence, forbidden)
if (!withPresence.has(presence)) fail(`${presence} is not in the bundle of a page that uses it`)

function report(size, what) {
  console.log(`${String(size).padStart(7)} B minified  ${what}`)
}

function check(sizes, unwanted) {
  for (const [source, size] of sizes) {
    const reason = reasonAgainst(source, unwanted)
    if (size > 0 && reason !== undefined)
      fail(`${source}: ${size} bytes are in a page's bundle, but ${reason}`)
  }
}

function fail(text) {
  console.error(text)
  process.exitCode = 1
}

/** Bundles a module that imports the built packages. */
async function bundle(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root, sourcefile: 'page.js' },
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

/** Returns the number of bytes of the bundle by source file. */
function bytesBySource({ code, map }) {
  const sourceMap = new SourceMap(map)
  const sizes = new Map()
  for (const [number, line] of code.split('\n').entries()) {
    for (let column = 0; column < line.length; column++) {
      const { originalSource } = sourceMap.findEntry(number, column)
      if (originalSource === undefined) continue
      // The path is relative to the bundle's folder, which is a subfolder of the root.
      const source = originalSource.replace(/^(\.\.\/)+/, '')
      sizes.set(source, (sizes.get(source) ?? 0) + 1)
    }
  }
  return sizes
}

/** Returns the sizes of folders, largest first; a dependency counts as a single folder. */
function sum(sizes) {
  const folders = new Map()
  for (const [source, size] of sizes) {
    const folder = source.replace(/(node_modules\/(@[^/]+\/)?[^/]+)\/.*/, '$1').replace(/\/[^/]+\.ts$/, '')
    folders.set(folder, (folders.get(folder) ?? 0) + size)
  }
  return [...folders].sort(([, a], [, b]) => b - a)
}

function total(sizes) {
  return [...sizes.values()].reduce((sum, size) => sum + size, 0)
}

function reasonAgainst(source, unwanted) {
  const name = Object.keys(unwanted).find((name) => source === name || source.startsWith(`${name}/`))
  return name === undefined ? undefined : unwanted[name]
}
