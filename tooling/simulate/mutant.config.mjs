// Options of vitest for the tests of mutants. The process that runs them adds the plugin that removes a defence.
import { onSources } from '../../test-support/on-sources.ts'

export default {
  ...onSources,
  test: {
    include: ['packages/*/test/**/*.test.{ts,tsx}'],
    // The first failure is proof.
    bail: 1,
    // A process that tests a mutant without end is killed, and its tests with it.
    pool: 'threads',
    maxWorkers: 1,
  },
}
