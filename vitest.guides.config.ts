import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'
import { onSources, sources } from './test-support/on-sources.ts'

// The tests in the README and the guides, which tooling/docs/guides.mjs writes to .guides. They run on the
// sources, like all other tests.
const libraries = ['socket.io', 'socket.io-client', 'jose']
const others = libraries.map((name) => ({
  find: new RegExp(`^${name}(?=/|$)`),
  replacement: fileURLToPath(new URL(`tooling/installed/migration/node_modules/${name}`, import.meta.url)),
}))

export default defineConfig({
  plugins: [svelte({ configFile: false }), vue()],
  ...onSources,
  // Tests in happy-dom run what a browser would.
  resolve: { conditions: [...sources, 'browser'], alias: others },
  test: { include: ['.guides/**/*.test.{ts,tsx}'], exclude: ['node_modules/**'], testTimeout: 60_000 },
})
