import { defineConfig } from 'vitest/config'
import { FiguresReporter } from './test-support/hostile/figures-reporter.ts'
import { onSources } from './test-support/on-sources.ts'

// Attacks on a hub in a process of its own. Started by `npm run test:hostile`.

export default defineConfig({
  ...onSources,
  test: {
    include: ['test-support/hostile/attacks/**/*.hostile.ts'],
    environment: 'node',
    globalSetup: ['test-support/hostile/bundles.ts'],
    // The figures are those of one attack, so no other runs beside it.
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 60_000,
    reporters: ['verbose', new FiguresReporter()],
  },
})
