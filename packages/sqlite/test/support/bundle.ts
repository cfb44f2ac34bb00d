import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { sources } from '../../../../test-support/on-sources.ts'
import { temporaryFolder } from './temporary.ts'

/**
 * Bundles a script of this folder, so that a process starts fast, and returns its path. The script ends with the
 * test.
 */
export async function bundle(name: string): Promise<string> {
  const outfile = join(temporaryFolder(), `${name}.mjs`)
  await build({
    entryPoints: [fileURLToPath(new URL(`${name}.ts`, import.meta.url))],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    conditions: [...sources],
    banner: {
      js: `import { createRequire as requireFrom } from "node:module"; const require = requireFrom(process.env.MODULES);`,
    },
  })
  return outfile
}

/** The environment of a bundled script. */
export const bundleEnvironment: NodeJS.ProcessEnv = {
  ...process.env,
  MODULES: fileURLToPath(import.meta.url),
}
