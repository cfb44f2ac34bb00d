import { defineConfig } from 'vitest/config'
import { enginesToTest } from './test-support/engines.ts'
import { inEngines } from './test-support/in-engines.ts'
import { onSources } from './test-support/on-sources.ts'
import { OutcomeReporter } from './test-support/outcome-reporter.ts'
import { patience } from './test-support/patience.ts'

// The tests of pages in Firefox and WebKit. `npm test` runs them in Chromium alone, to stay short.

const pages = {
  ...onSources,
  test: {
    name: 'pages',
    include: ['examples/*/test/page*-in-{firefox,webkit}.test.ts'],
    environment: 'node' as const,
    ...patience,
  },
}

export default defineConfig({
  test: {
    reporters: ['default', new OutcomeReporter(), './tooling/docs/conformance-reporter.mjs'],
    projects: [pages, ...inEngines(enginesToTest().filter((engine) => engine !== 'chromium'))],
  },
})
