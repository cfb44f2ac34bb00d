// Lists the sources that a page loads with @chat/browser, by folder. Fails when the bundle has a source that
// no page needs. Reads dist: build first.
import { existsSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { join } from 'node:path'
import { requireBuild, root } from '../repository.mjs'
import { bundlePage, pages } from './page-bundle.mjs'

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

/** Files that are only in the bundles of pages that use them. */
const asks = 'packages/core/src/client/operations/ask-handlers.ts'
const presence = 'packages/core/src/client/subscriptions/watch-presence.ts'
const validation = 'packages/core/src/contract/schema.ts'
const positions = 'packages/core/src/client/subscriptions/keep-positions.ts'

requireBuild()
for (const path of [...Object.keys(forbidden), asks, presence, validation, positions])
  if (!existsSync(join(root, path))) fail(`${path} does not exist; it has a row in tooling/checks/bundle.mjs`)
const bytes = await measure(pages.usual)
for (const [folder, size] of sum(bytes)) report(size, folder)
check(bytes, {
  ...forbidden,
  [asks]: 'this page answers no asks',
  [presence]: 'this page does not show presence',
  [validation]: 'this page has no contract',
})
check(await measure(pages.webSocket), {
  ...forbidden,
  'packages/http': 'this page has no HTTP',
  [positions]: 'this page saves no positions',
})

const everything = await measure(pages.everything)
report(total(everything) - total(bytes), 'more with everything')
check(everything, forbidden)
for (const rare of [asks, presence, validation, positions])
  if (!everything.has(rare)) fail(`${rare} is not in the bundle of a page that uses it`)

async function measure(page) {
  return bytesBySource(await bundlePage(page))
}

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
