import { defineConfig } from 'vitest/config'
import { onSources } from './test-support/on-sources.ts'
import { SkipsReporter } from './test-support/skips-reporter.ts'

// Faults of a whole page, and faults at full length, with the timeouts that applications have: all at once, for each of them waits most of its time.

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
