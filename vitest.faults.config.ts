import { defineConfig } from 'vitest/config'
import { SkipsReporter } from './test-support/skips-reporter.ts'

// Faults at full length, with the timeouts that applications have: all of them at once, for each of them waits most of its time.
const conditions = ['@chat/source', 'module', 'development|production', 'node']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['{packages,examples}/*/test/faults/*.faults.ts'],
    environment: 'node',
    maxConcurrency: 20,
    maxWorkers: 4,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    reporters: ['default', new SkipsReporter()],
  },
})
