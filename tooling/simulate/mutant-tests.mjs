// Runs tests over the sources with one defence removed, for one mutant after another: the parent sends a mutant,
// and gets the outcome of its test. One vitest serves all, so that a module is transformed again only when
// a mutant changes it.
import { join } from 'node:path'
import { createVitest } from 'vitest/node'
import { mutated } from './mutants.mjs'

let mutant

const plugin = {
  name: 'mutant',
  enforce: 'pre',
  load: (id) => (mutant === undefined ? null : mutated(mutant, id.split('?')[0])),
}

const vitest = await createVitest(
  'test',
  { root: '.', config: 'tooling/simulate/mutant.config.mjs', watch: false, reporters: [{}] },
  { plugins: [plugin] },
)

process.on('message', async (next) => {
  forget(mutant)
  mutant = next
  forget(mutant)
  process.send(await outcome(mutant.test))
})
process.on('disconnect', () => vitest.close())

/** Drops the transformed module that a mutant changes. */
function forget(changing) {
  if (changing !== undefined) vitest.invalidateFile(join(process.cwd(), 'packages', changing.file))
}

/** Returns if a test passes, and the name of the first test that does not. */
async function outcome(test) {
  const path = join(process.cwd(), test)
  const { testModules, unhandledErrors } = await vitest.runTestFiles([path])
  const [module] = testModules.filter(({ moduleId }) => moduleId === path)
  const [failed] = module?.children.allTests('failed') ?? []
  return { passed: module?.ok() === true && unhandledErrors.length === 0, failed: failed?.name }
}
