// Builds the packages: for each entry of a manifest a module and its declarations, in the package's folder dist.
// `npm run build -- core store` builds only the named packages.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { build as bundle } from 'esbuild'
import { rolldown } from 'rolldown'
import { dts } from 'rolldown-plugin-dts'
import { seconds } from './processes.mjs'
import { entries, packages } from './repository.mjs'
import { sideBySide } from './side-by-side.mjs'

/**
 * Modules that are entries, though not public, so that each becomes a chunk. Bundlers then drop the hub as a whole from
 * a page. Out of one file they would keep each of its top-level calls and every class that extends another package's.
 */
const chunks = { core: ['hub/hub', 'client/client', 'transport/request-handler'] }

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !packages().some((pack) => pack.name === name))
if (unknown.length > 0) {
  const names = packages().map(({ name }) => name)
  console.error(`build: no such package: ${unknown.join(', ')}; there are: ${names.join(', ')}`)
  process.exit(1)
}

const start = performance.now()
const chosen = packages().filter(({ name }) => wanted.length === 0 || wanted.includes(name))
await sideBySide(chosen, build)
console.log(`built ${chosen.map(({ name }) => name).join(', ')} in ${seconds(start)} s`)

async function build(pack) {
  rmSync(join(pack.folder, 'dist'), { recursive: true, force: true })
  await buildModules(pack)
  await buildDeclarations(pack)
}

async function buildModules(pack) {
  const further = (chunks[pack.name] ?? []).map((path) => [path, join(pack.folder, 'src', `${path}.ts`)])
  await bundle({
    entryPoints: Object.fromEntries([...sources(pack), ...further]),
    outdir: join(pack.folder, 'dist'),
    absWorkingDir: pack.folder,
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    jsx: 'automatic',
    sourcemap: true,
    logLevel: 'warning',
  })
}

/** Writes the declarations. Every export has its type written down, so a module needs no other to be declared. */
async function buildDeclarations(pack) {
  const declarations = await rolldown({
    input: Object.fromEntries(sources(pack)),
    cwd: pack.folder,
    external: (id) => !/^[./]/.test(id),
    checks: { pluginTimings: false },
    plugins: [dts({ emitDtsOnly: true, oxc: true, tsconfig: false, cwd: pack.folder })],
  })
  await declarations.write({ dir: join(pack.folder, 'dist'), format: 'esm' })
  await declarations.close()
}

/** Returns the public entries: each path in dist without its ending, and its source. */
function sources(pack) {
  return entries(pack).map(({ types, source }) => [
    types.replace(/^\.\/dist\/|\.d\.ts$/g, ''),
    join(pack.folder, source),
  ])
}
