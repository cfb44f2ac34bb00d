import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/index.ts'],
  format: ['esm'],
  platform: 'neutral',
  target: 'es2022',
  // tsup 8 sets baseUrl, which TypeScript 6 reports as deprecated; references are tsc's business, not tsup's.
  dts: { compilerOptions: { ignoreDeprecations: '6.0', composite: false } },
  sourcemap: true,
  clean: true,
  treeshake: false,
  splitting: false,
})
