import { defineConfig } from 'vitest/config'
import { onSources } from './test-support/on-sources.ts'
import { leftOutHere, runtime } from './test-support/runtimes.ts'
import { SkipsReporter } from './test-support/skips-reporter.ts'

// The unit tests on the sources, in the runtime that runs vitest: `npm run test:runtimes -- units` runs them
// in each runtime.
const exclude = leftOutHere.flatMap(({ files }) => files)

for (const { why, files } of leftOutHere) console.log(`left out: ${why}:\n  ${files.join('\n  ')}`)

export default defineConfig({
  ...onSources,
  test: {
    name: 'units',
    maxWorkers: '100%',
    reporters: ['dot', new SkipsReporter()],
    // All packages are one project, as in vitest.config.ts.
    include: ['packages/*/test/**/*.test.ts'],
    exclude,
    isolate: false,
    testTimeout: 20_000,
    // In vitest on Bun, zod lacks its export `z` when Bun itself loads it.
    server: { deps: { inline: runtime === 'bun' ? ['zod'] : [] } },
  },
})
