import { defineConfig } from 'vitest/config'
import { onSources } from './test-support/on-sources.ts'
import { OutcomeReporter } from './test-support/outcome-reporter.ts'
import { patience } from './test-support/patience.ts'

// The pages of the examples in Firefox and WebKit. `npm test` shows them in Chromium alone, to stay short.

export default defineConfig({
  ...onSources,
  test: {
    include: ['examples/*/test/page*-in-{firefox,webkit}.test.ts'],
    environment: 'node',
    ...patience,
    reporters: ['default', new OutcomeReporter()],
  },
})
