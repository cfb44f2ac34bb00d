import { defineConfig } from 'tsup'

export default defineConfig({
  // The façades are entries, though not public, so that hub, client and admission become separate chunks: bundlers then drop the hub as a whole
  // from a page. Out of one file they would keep each of its top-level calls and every class that extends another package's.
  entry: ['src/index.ts', 'src/{hub,client,admission}/{hub,client,admission}.ts'],
  splitting: true,
  format: ['esm'],
  platform: 'neutral',
  target: 'es2022',
  // tsup 8 sets baseUrl, which TypeScript 6 reports as deprecated; references are tsc's business, not tsup's.
  dts: { entry: 'src/index.ts', compilerOptions: { ignoreDeprecations: '6.0', composite: false } },
  sourcemap: true,
  clean: true,
  treeshake: false,
})
