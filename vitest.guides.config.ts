import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import vue from '@vitejs/plugin-vue'
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'
import { onSources, sources } from './test-support/on-sources.ts'

// The tests in the README and the guides, which tooling/docs/guides.mjs writes to .guides. They run on the
// sources, like all other tests.
const libraries = ['socket.io', 'socket.io-client', 'jose']
const others = libraries.map((name) => ({
  find: new RegExp(`^${name}(?=/|$)`),
  replacement: fileURLToPath(new URL(`tooling/installed/migration/node_modules/${name}`, import.meta.url)),
}))

const onNodeOrInDocuments: TestProjectInlineConfiguration = {
  plugins: [svelte({ configFile: false }), vue()],
  ...onSources,
  // Tests in happy-dom run what a browser would.
  resolve: { conditions: [...sources, 'browser'], alias: others },
}

const files = '.guides/**/*.test.{ts,tsx}'
// Components need a document, which these tests put into the globals of their own worker.
const inDocuments = ['.guides/*{react,vue,svelte,from-socket-io}*/**']

export default defineConfig({
  test: {
    projects: [
      {
        ...onNodeOrInDocuments,
        test: {
          name: 'guides',
          include: [files],
          exclude: ['node_modules/**', ...inDocuments],
          testTimeout: 60_000,
          // To import the sources again for each file would take longer than the tests.
          isolate: false,
        },
      },
      {
        ...onNodeOrInDocuments,
        test: {
          name: 'documents',
          include: inDocuments.map((folder) => `${folder}/*.test.{ts,tsx}`),
          testTimeout: 60_000,
        },
      },
    ],
  },
})
