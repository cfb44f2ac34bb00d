import { defineConfig } from 'vitest/config'
import { patience } from './test-support/patience.ts'

// A project for each example, all with the same tests. tooling/examples/main.mjs runs it, and names the
// installed examples and their folder.
const names = (process.env['EXAMPLES'] ?? '').split(',').filter((name) => name !== '')

export default defineConfig({
  test: {
    maxWorkers: '100%',
    globalSetup: 'examples/test/chromium.ts',
    projects: names.map((name) => ({
      test: {
        name,
        // The Vue example is more than a server, and has its own tests.
        include: [`examples/test/${name === 'vue' ? 'vue' : 'framework'}.test.ts`],
        env: { EXAMPLE: name },
        ...patience,
        // The built packages, which the test runner need not transform for each example.
        server: { deps: { external: [/\/packages\/[\w-]+\/dist\//] } },
      },
    })),
  },
})
