import { defineConfig } from 'vitest/config'
import { patience } from './test-support/patience.ts'

// A project for each example, all with the same tests. tooling/examples/main.mjs runs it, and names the
// installed examples and their folder.
// Examples that have tests of their own; that of Next.js is also a server like the others.
const own: Readonly<Record<string, readonly string[]>> = {
  vue: ['vue'],
  svelte: ['svelte'],
  next: ['framework', 'next'],
  react: ['react'],
}
const names = (process.env['EXAMPLES'] ?? '').split(',').filter((name) => name !== '')

export default defineConfig({
  test: {
    maxWorkers: '100%',
    globalSetup: 'examples/test/chromium.ts',
    projects: names.map((name) => ({
      test: {
        name,
        include: (own[name] ?? ['framework']).map((test) => `examples/test/${test}.test.ts`),
        env: { EXAMPLE: name },
        ...patience,
        // The built packages, which the test runner need not transform for each example.
        server: { deps: { external: [/\/packages\/[\w-]+\/dist\//] } },
      },
    })),
  },
})
