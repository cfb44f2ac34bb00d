import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { onSources } from './test-support/on-sources.ts'

// The tests in the README and the guides, which tooling/docs/guides.mjs writes to .guides. They run on the
// sources, like all other tests.
const libraries = ['socket.io', 'socket.io-client', 'jose', 'react', 'react-dom', 'vue', 'happy-dom']
const others = libraries.map((name) => ({
  find: new RegExp(`^${name}(?=/|$)`),
  replacement: fileURLToPath(new URL(`tooling/installed/migration/node_modules/${name}`, import.meta.url)),
}))

export default defineConfig({
  ...onSources,
  resolve: { ...onSources.resolve, alias: others },
  test: { include: ['.guides/**/*.test.ts'], exclude: ['node_modules/**'], testTimeout: 60_000 },
})
