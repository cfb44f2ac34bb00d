import { defineConfig } from 'vitest/config'
import { onSources } from './test-support/on-sources.ts'
import { OutcomeReporter } from './test-support/outcome-reporter.ts'
import { patience } from './test-support/patience.ts'

// Faults of whole pages and of processes, and faults with the real timeouts of applications. All cases run at
// once, because they mostly wait.

export default defineConfig({
  ...onSources,
  test: {
    include: ['{packages,examples}/*/test/faults/*.faults.ts'],
    environment: 'node',
    maxConcurrency: 20,
    maxWorkers: 5,
    ...patience,
    testTimeout: 120_000,
    reporters: ['default', new OutcomeReporter()],
  },
})
