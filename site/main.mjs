// Builds the documentation site into docs/site: the guides, the API reference, the search, llms.txt.
//   npm run docs                the whole site; fails for a broken link, a page in no group, a search that finds the wrong page
//   npm run docs -- --serve     the same, then serves docs/site
//   npm run docs:dev            serves the pages while you write them; the API reference is as old as its last build
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ensureModules } from '../tooling/installed.mjs'
import { root } from '../tooling/repository.mjs'

const modes = ['--serve', '--dev']
const [mode] = process.argv.slice(2)
if (mode !== undefined && !modes.includes(mode)) {
  console.error(`docs: no such option: ${mode}; there are: ${modes.join(', ')}`)
  process.exit(1)
}

ensureModules(import.meta.dirname, 'site')
const { build, createServer, serve } = await import('vitepress')
const { writeReference } = await import('./reference.mjs')
const { writeChangelog } = await import('./changelog.mjs')

try {
  writeChangelog()
  if (mode === '--dev') await develop()
  else await publish()
} catch (error) {
  console.error(`docs: ${error.message}`)
  process.exit(1)
}

async function develop() {
  if (!existsSync(join(root, 'docs', 'api', 'links.json'))) await timed('API reference', writeReference)
  const server = await createServer(import.meta.dirname)
  await server.listen()
  server.printUrls()
}

async function publish() {
  await timed('API reference', writeReference)
  await timed('pages', () => build(import.meta.dirname))
  const { writeLlms } = await import('./llms.mjs')
  const { checkInBrowser } = await import('./check-browser.mjs')
  await timed('llms.txt', writeLlms)
  const { checkLinks } = await import('./check-links.mjs')
  const { checkSearch } = await import('./check-search.mjs')
  await timed('links', checkLinks)
  await timed('search', checkSearch)
  await timed('browser', checkInBrowser)
  if (mode === '--serve') await serve({ root: import.meta.dirname })
}

/** Runs a step, and prints its duration. */
async function timed(name, step) {
  const start = performance.now()
  await step()
  console.log(`docs: ${name}: ${((performance.now() - start) / 1_000).toFixed(1)} s`)
}
