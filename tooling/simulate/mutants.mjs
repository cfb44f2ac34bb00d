// Removes a defence of the code for each mutant, and checks that a test fails: a seed of the search that the
// mutant names, or its test.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { seconds } from '../processes.mjs'
import { sideBySide } from '../side-by-side.mjs'
import { bundle, run } from './searches.mjs'

/**
 * Milliseconds without progress after which a run counts as endless. A search reports progress every ten
 * seeds.
 */
const patience = 60_000

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
  const testers = []
  let caught = 0
  await sideBySide(mutants, async (mutant) => {
    const tester = testers.pop() ?? new Tester()
    const { fate, how } = await judge(mutant, range, tester)
    testers.push(tester)
    if (fate === 'caught') caught++
    console.log(`${fate.padEnd(8)} ${mutant.name} (${how})`)
  })
  for (const tester of testers) tester.end()
  console.log(`${caught} of ${mutants.length} mutants caught in ${seconds(start)} s`)
  if (caught < mutants.length)
    console.error(
      'SURVIVED: no test needs or reaches the defence; UNPROVEN: the test also fails without the mutant; OUTDATED: the source has changed',
    )
  return caught === mutants.length
}

async function judge(mutant, range, tester) {
  const { file, find } = mutant
  if (readFileSync(`packages/${file}`, 'utf8').split(find).length !== 2)
    return { fate: 'OUTDATED', how: `${file} must have ${JSON.stringify(find)} exactly once` }
  return mutant.test === undefined ? bySeeds(mutant, range) : byTest(mutant, tester)
}

async function bySeeds(mutant, { folder, whole, args }) {
  const { name, search } = mutant
  const file = await bundle(folder, name, (path) => mutated(mutant, path)).catch(({ message }) => {
    console.error(message)
    return null
  })
  if (file === null) return { fate: 'OUTDATED', how: 'the source with the replacement does not build' }
  const { status, output, seconds: took } = await firstFailure(mutant, file, args)
  const how = `${search}: ${verdict(status, output)}, ${took} s`
  if (status === 0) return { fate: 'SURVIVED', how }
  const seed = /seed (\d+)/.exec(output)?.[1]
  if (seed === undefined) return { fate: 'caught', how }
  const { status: innocent } = await run(whole, ['--search', search, '--seeds', '1', '--from', seed])
  return { fate: innocent === 0 ? 'caught' : 'UNPROVEN', how }
}

/** Runs the seed that has caught the mutant before, if it names one, and then all. */
async function firstFailure({ search, seed }, file, args) {
  const known = ['--seeds', '1', '--from', String(seed)]
  for (const range of seed === undefined ? [] : [known]) {
    const result = await run(file, ['--search', search, ...range], { patience })
    if (result.status !== 0) return result
  }
  return run(file, ['--search', search, ...args], { patience })
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

async function byTest(mutant, tester) {
  const { passed, failed, seconds } = await tester.test(mutant)
  const how = `${basename(mutant.test)}: ${passed ? 'passes' : shortened(failed ?? 'fails outside a test')}, ${seconds} s`
  // A run that fails outside a test is no proof.
  return { fate: passed ? 'SURVIVED' : failed === undefined ? 'UNPROVEN' : 'caught', how }
}

/** A process that runs the tests of mutants, one after another. */
class Tester {
  #process

  /** Resolves with the outcome of a mutant's test. A test without end is killed. */
  async test(mutant) {
    const start = performance.now()
    this.#process ??= fork('tooling/simulate/mutant-tests.mjs', {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const child = this.#process
    child.send(mutant)
    const timer = setTimeout(() => child.kill('SIGKILL'), patience)
    const listening = new AbortController()
    const { signal } = listening
    const [outcome] = await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }),
    ])
    listening.abort()
    clearTimeout(timer)
    const ended = typeof outcome !== 'object' || outcome === null
    if (ended) this.#process = undefined
    return { ...(ended ? { passed: false, failed: 'never ends' } : outcome), seconds: seconds(start) }
  }

  end() {
    this.#process?.disconnect()
  }
}

/** Returns the source of a path with the defence removed; `null` for other paths. */
export function mutated({ file, find, replace }, path) {
  if (!path.replaceAll('\\', '/').endsWith(`packages/${file}`)) return null
  return readFileSync(path, 'utf8').replace(find, () => replace)
}
