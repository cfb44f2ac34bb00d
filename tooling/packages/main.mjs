// Tests the packages as users get them: packs every package as for a release, serves the tarballs from a
// local registry, and uses them in empty folders outside the repository. `npm run test:packages -- types`
// runs only the named parts.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { ensureInstalled } from '../installed.mjs'
import { seconds } from '../processes.mjs'
import { root } from '../repository.mjs'
import { test as gettingStarted } from './getting-started.mjs'
import { ensureBuild, pack, publish } from './pack.mjs'
import { test as pages } from './pages.mjs'
import { test as programs } from './programs.mjs'
import { test as readmes } from './readmes.mjs'
import { serveTarballs } from './registry.mjs'
import { Report } from './report.mjs'
import { test as types } from './types.mjs'
import { Users } from './users.mjs'

const parts = {
  publish,
  programs,
  types,
  pages,
  readmes,
  'getting-started': gettingStarted,
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => parts[name] === undefined)
if (unknown.length > 0) {
  console.error(
    `test-packages: no such part: ${unknown.join(', ')}; there are: ${Object.keys(parts).join(', ')}`,
  )
  process.exit(1)
}

const start = performance.now()
const scratch = join(root, '.packages')
const tarballs = join(scratch, 'tarballs')
ensureBuild()
ensureInstalled('packages')
const registry = await serveTarballs(await pack(tarballs))
const users = new Users(registry)
const report = new Report()
for (const [name, part] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const began = performance.now()
  report.begin(name)
  await part({ report, registry, users })
  console.log(`  ${seconds(began)} s`)
}
registry.close()
report.end(seconds(start))
if (report.failures.length === 0) {
  users.remove()
  rmSync(scratch, { recursive: true, force: true })
} else console.log(`the installed folders are kept in ${users.place}, the tarballs in ${tarballs}`)
process.exit(report.failures.length === 0 ? 0 : 1)
