import { defineConfig } from 'vitest/config'
import { onSources } from './test-support/on-sources.ts'
import { leftOutHere, runtime } from './test-support/runtimes.ts'
import { SkipsReporter } from './test-support/skips-reporter.ts'

// The unit tests in whatever runtime vitest itself runs in, on the sources: `npm run test:runtimes -- units` starts it in each.
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
    // Loaded by Bun itself, zod lacks its export `z` in vitest.
    server: { deps: { inline: runtime === 'bun' ? ['zod'] : [] } },
  },
})
