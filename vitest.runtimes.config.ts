import { defineConfig } from 'vitest/config'
import { onSources } from './test-support/on-sources.ts'
import { OutcomeReporter } from './test-support/outcome-reporter.ts'
import { patience } from './test-support/patience.ts'
import { leftOutHere, runtime } from './test-support/runtimes.ts'

// The unit tests on the sources, in the runtime that runs vitest: `npm run test:runtimes -- units` runs them
// in each runtime.
const exclude = leftOutHere.flatMap(({ files }) => files)

for (const { why, files } of leftOutHere) console.log(`left out: ${why}:\n  ${files.join('\n  ')}`)

export default defineConfig({
  ...onSources,
  test: {
    name: 'units',
    maxWorkers: '100%',
    reporters: ['dot', new OutcomeReporter()],
    // All packages are one project, as in vitest.config.ts.
    include: ['packages/*/test/**/*.test.ts'],
    exclude,
    isolate: false,
    // All runtimes share the transformed modules. `npm run test:runtimes` removes the folder before and after.
    experimental: { fsModuleCache: true, fsModuleCachePath: '.runtimes/modules' },
    ...patience,
    // In vitest on Bun, zod lacks its export `z` when Bun itself loads it.
    server: { deps: { inline: runtime === 'bun' ? ['zod'] : [] } },
  },
})
