import { defineConfig } from 'vitest/config'

// One project for each example: the same tests of all of them. Run by tooling/examples/main.mjs, which says which are installed, and where.
const names = (process.env['EXAMPLES'] ?? '').split(',').filter((name) => name !== '')

export default defineConfig({
  test: {
    maxWorkers: '100%',
    globalSetup: 'examples/test/chromium.ts',
    projects: names.map((name) => ({
      test: {
        name,
        // The one that is more than a server has tests of its own.
        include: [`examples/test/${name === 'vue' ? 'vue' : 'framework'}.test.ts`],
        env: { EXAMPLE: name },
        testTimeout: 20_000,
        hookTimeout: 60_000,
        // The packages as they are built, which the runner need not look at once for each example.
        server: { deps: { external: [/\/packages\/[\w-]+\/dist\//] } },
      },
    })),
  },
})
