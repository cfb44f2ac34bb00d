import { defineConfig } from 'vitest/config'
import { onSources } from './test-support/on-sources.ts'
import { SkipsReporter } from './test-support/skips-reporter.ts'

// Faults of whole pages, and faults with the real timeouts of applications. All cases run at once, because
// they mostly wait.

export default defineConfig({
  ...onSources,
  test: {
    include: ['{packages,examples}/*/test/faults/*.faults.ts'],
    environment: 'node',
    maxConcurrency: 20,
    maxWorkers: 5,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    reporters: ['default', new SkipsReporter()],
  },
})
