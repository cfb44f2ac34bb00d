import type { Options } from 'tsup'

/** tsup 8 sets baseUrl, which TypeScript 6 reports as deprecated; references are tsc's business, not tsup's. */
export const dts = { compilerOptions: { ignoreDeprecations: '6.0', composite: false } }

/** How every package is built; a package says where it begins, and what it needs otherwise. */
export const library = (own: Options): Options => ({
  format: ['esm'],
  platform: 'neutral',
  target: 'es2022',
  dts,
  sourcemap: true,
  clean: true,
  treeshake: false,
  splitting: false,
  ...own,
})
