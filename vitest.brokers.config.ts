import { defineConfig } from 'vitest/config'
import { onSources } from './test-support/on-sources.ts'
import { OutcomeReporter } from './test-support/outcome-reporter.ts'
import { patience } from './test-support/patience.ts'

// Whole hubs in processes of their own, over real brokers that break. Started by `npm run test:brokers`.

export default defineConfig({
  ...onSources,
  test: {
    include: [
      '{test-support/brokers,test-support/proxies,packages/*/test,examples/cluster/test}/**/*.brokers.ts',
    ],
    environment: 'node',
    globalSetup: ['test-support/brokers/installed.ts', 'test-support/brokers/hub-bundle.ts'],
    // A test measures times, so few run beside it.
    maxWorkers: 3,
    ...patience,
    testTimeout: 180_000,
    reporters: [
      'verbose',
      new OutcomeReporter(),
      './tooling/docs/conformance-reporter.mjs',
      './tooling/docs/faults-reporter.mjs',
    ],
  },
})
