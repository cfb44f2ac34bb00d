// Removes a defence of the code for each mutant, and checks that a test fails: a seed of the search that the
// mutant names, or its test.
import { readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { sideBySide } from '../side-by-side.mjs'
import { bundle, run } from './searches.mjs'

/**
 * Milliseconds without progress after which a run counts as endless. A search reports progress every ten
 * seeds.
 */
const patience = 60_000

const vitest = resolve('node_modules/vitest/vitest.mjs')

/** Judges all mutants, and prints the outcome of each. Resolves with `true` when all are caught. */
export async function judgeMutants(folder, { seeds = '500', from, search, only }) {
  const all = JSON.parse(readFileSync('packages/testing/scenarios/mutants.json', 'utf8'))
  const mutants = all.filter(
    (mutant) => mutant.name.includes(only) && [undefined, mutant.search].includes(search),
  )
  const range = {
    folder,
    whole: await bundle(folder),
    args: ['--seeds', seeds, '--from', from, '--progress', '10'],
  }
  const start = performance.now()
  let caught = 0
  await sideBySide(mutants, async (mutant) => {
    const { fate, how } = await judge(mutant, range)
    if (fate === 'caught') caught++
    console.log(`${fate.padEnd(8)} ${mutant.name} (${how})`)
  })
  const seconds = ((performance.now() - start) / 1_000).toFixed(0)
  console.log(`${caught} of ${mutants.length} mutants caught in ${seconds} s`)
  if (caught < mutants.length)
    console.error(
      'SURVIVED: no test needs or reaches the defence; UNPROVEN: the test also fails without the mutant; OUTDATED: the source has changed',
    )
  return caught === mutants.length
}

async function judge(mutant, range) {
  const { file, find } = mutant
  if (readFileSync(`packages/${file}`, 'utf8').split(find).length !== 2)
    return { fate: 'OUTDATED', how: `${file} must have ${JSON.stringify(find)} exactly once` }
  return mutant.test === undefined ? bySeeds(mutant, range) : byTest(mutant, range)
}

async function bySeeds(mutant, { folder, whole, args }) {
  const { name, search } = mutant
  const file = await bundle(folder, name, (path) => mutated(mutant, path)).catch(({ message }) => {
    console.error(message)
    return null
  })
  if (file === null) return { fate: 'OUTDATED', how: 'the source with the replacement does not build' }
  const { status, output, seconds } = await run(file, ['--search', search, ...args], { patience })
  const how = `${search}: ${verdict(status, output)}, ${seconds} s`
  if (status === 0) return { fate: 'SURVIVED', how }
  const seed = /seed (\d+)/.exec(output)?.[1]
  if (seed === undefined) return { fate: 'caught', how }
  const { status: innocent } = await run(whole, ['--search', search, '--seeds', '1', '--from', seed])
  return { fate: innocent === 0 ? 'caught' : 'UNPROVEN', how }
}

/** Returns the seed and the invariant that caught a mutant. */
function verdict(status, output) {
  if (status === 0) return 'no seed'
  if (status === null) return 'an endless run'
  const seed = /seed (\d+)/.exec(output)?.[1]
  const broken = /^(.+?) does not hold/m.exec(output)?.[1]
  const what = broken ?? shortened((output.split('FAILED\n')[1] ?? output).split('\n')[0])
  return seed === undefined ? what : `seed ${seed}, ${what}`
}

const shortened = (text) => (text.length > 60 ? `${text.slice(0, 60)}…` : text)

async function byTest(mutant, { folder }) {
  const { test } = mutant
  const env = { MUTANT: JSON.stringify({ mutant, cache: join(folder, 'modules') }) }
  const args = ['run', '--root', '.', '--config', 'tooling/simulate/mutant.config.mjs']
  const { status, output, seconds } = await run(vitest, args, { patience, env })
  const failed = / FAIL .* > (.*)/.exec(output)?.[1]
  const how = `${basename(test)}: ${status === 0 ? 'passes' : shortened(failed ?? 'never ends')}, ${seconds} s`
  // A run that fails outside a test is no proof.
  return { fate: status === 0 ? 'SURVIVED' : failed || status === null ? 'caught' : 'UNPROVEN', how }
}

/** Returns the source of a path with the defence removed; `null` for other paths. */
export function mutated(mutant, path) {
  if (!isMutated(mutant, path)) return null
  return readFileSync(path, 'utf8').replace(mutant.find, () => mutant.replace)
}

/** Tells if a mutant changes the source of a path. */
export const isMutated = ({ file }, path) => path.replaceAll('\\', '/').endsWith(`packages/${file}`)
