// Runs a test over the sources with one defence removed. The environment names both, so that this file is the
// same for all mutants, and a module that one mutant has transformed serves the next.
import { onSources } from '../../test-support/on-sources.ts'
import { isMutated, mutated } from './mutants.mjs'

const { mutant, cache } = JSON.parse(process.env.MUTANT)

const plugin = {
  name: 'mutant',
  enforce: 'pre',
  load: (id) => mutated(mutant, id.split('?')[0]),
  configureVitest({ experimental_defineCacheKeyGenerator }) {
    experimental_defineCacheKeyGenerator(({ id }) =>
      isMutated(mutant, id.split('?')[0]) ? false : undefined,
    )
  },
}

export default {
  ...onSources,
  plugins: [plugin],
  test: {
    include: [mutant.test],
    // The first failure is proof.
    bail: 1,
    experimental: { fsModuleCache: true, fsModuleCachePath: cache },
  },
}
