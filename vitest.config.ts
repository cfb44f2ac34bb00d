import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'
import { onSources, sources } from './test-support/on-sources.ts'
import { OutcomeReporter } from './test-support/outcome-reporter.ts'
import { patience } from './test-support/patience.ts'

const frameworks = ['packages/{react,vue,svelte}/test/**']

// All other packages are one project, so that each transforms and imports the sources of the other packages only
// once.
const onNode: TestProjectInlineConfiguration = {
  ...onSources,
  test: {
    name: 'node',
    include: ['packages/*/test/**/*.test.ts', 'examples/{ai,express}/test/**/*.test.ts'],
    exclude: [...frameworks, '**/node_modules/**'],
    environment: 'node',
    // No test changes a global, so files can share their modules. To import the sources again for each file
    // would take longer than the tests.
    isolate: false,
    ...patience,
  },
}

// Components need a document, which these tests put into the globals of their own worker.
const inDocuments: TestProjectInlineConfiguration = {
  plugins: [svelte({ configFile: false })],
  ...onSources,
  // Tests in happy-dom run what a browser would.
  resolve: { conditions: [...sources, 'browser'] },
  test: {
    name: 'frameworks',
    include: [
      ...frameworks.map((folder) => `${folder}/*.test.{ts,tsx}`),
      'examples/react/test/*.test.{ts,tsx}',
    ],
    environment: 'node',
    ...patience,
  },
}

// The same components with the oldest React that @chat/react supports.
const react18: TestProjectInlineConfiguration = {
  ...onSources,
  resolve: {
    ...onSources.resolve,
    alias: ['react', 'react-dom'].map((name) => ({
      find: new RegExp(`^${name}(?=/|$)`),
      replacement: fileURLToPath(new URL(`tooling/installed/react-18/node_modules/${name}`, import.meta.url)),
    })),
  },
  test: {
    name: 'react-18',
    include: ['packages/react/test/*.test.tsx'],
    environment: 'node',
    globalSetup: ['packages/react/test/support/react-18.mjs'],
    ...patience,
  },
}

export default defineConfig({
  test: {
    // More test files than cores run at once, because they mostly wait for sockets.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    reporters: ['default', new OutcomeReporter(), './tooling/docs/conformance-reporter.mjs'],
    coverage: { provider: 'v8', include: ['packages/*/src/**'], reporter: ['text', 'json-summary'] },
    projects: [onNode, inDocuments, react18],
  },
})
