import type { Options } from 'tsup'

/**
 * tsup 8 sets baseUrl, which TypeScript 6 reports as deprecated. References are for tsc; tsup does not need
 * them.
 */
export const dts = { compilerOptions: { ignoreDeprecations: '6.0', composite: false } }

/** Build options that all packages share. Each package adds its entries and further options. */
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
