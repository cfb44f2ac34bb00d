// Searches seeds for a run that breaks an invariant of delivery.
//   npm run simulate -- --seeds 10000 [--from 1]     the code as it is: no seed may fail
//   npm run simulate -- --mutants [--seeds 800]      the code with one defence removed after the other: some seed must fail each
// The sources are bundled, so that a mutant is a changed line in the bundle and never one on disk.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'

const folder = resolve('.simulate')
const args = process.argv.slice(2)
const mutating = args.includes('--mutants')
const passed = args.filter((arg) => arg !== '--mutants')

/** Bundles the searches, with one defence removed. */
async function bundle(mutant) {
  const outfile = join(folder, 'main.mjs')
  let applied = mutant === null
  await build({
    entryPoints: ['packages/testing/scenarios/main.ts'],
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@chat/source'],
    outfile,
    logLevel: 'error',
    plugins: [
      {
        name: 'mutant',
        setup({ onLoad }) {
          if (mutant === null) return
          onLoad({ filter: /\.ts$/ }, ({ path }) => {
            if (!path.replaceAll('\\', '/').endsWith(`packages/${mutant.file}`)) return undefined
            const source = readFileSync(path, 'utf8')
            applied = source.includes(mutant.find)
            return { contents: source.replace(mutant.find, () => mutant.replace), loader: 'ts' }
          })
        },
      },
    ],
  })
  if (!applied)
    throw new Error(
      `unable to make the mutant '${mutant.name}': ${mutant.file} does not contain ${JSON.stringify(mutant.find)}; bring packages/testing/scenarios/mutants.json up to date`,
    )
  return outfile
}

const search = (file, extra, stdio) =>
  spawnSync(process.execPath, [file, ...passed, ...extra], {
    encoding: 'utf8',
    stdio,
    timeout: mutating ? 120_000 : 3_600_000,
  })

mkdirSync(folder, { recursive: true })
let failed = 0
if (mutating) {
  for (const mutant of JSON.parse(readFileSync('packages/testing/scenarios/mutants.json', 'utf8'))) {
    const { status, stdout, stderr } = search(await bundle(mutant), ['--quiet'], 'pipe')
    const how =
      status === null
        ? 'it never ended'
        : (/^(I\d+|seed \d+:.*?|.*Error.*) /m.exec(stdout.split('FAILED\n')[1] ?? stderr)?.[0] ?? '')
    console.log(
      `${status === 0 ? 'SURVIVED' : 'caught  '} ${mutant.name}${status === 0 ? '' : ` (${how.trim().slice(0, 60)})`}`,
    )
    if (status === 0) failed++
  }
  if (failed > 0) console.error(`${failed} mutants survived: no seed shows that their defence is needed`)
} else failed = search(await bundle(null), [], 'inherit').status ?? 1
rmSync(folder, { recursive: true, force: true })
process.exit(failed === 0 ? 0 : 1)
