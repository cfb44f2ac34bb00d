// The distribution's Chromium, driven by the helpers of the browser tests.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { root } from '../repository.mjs'

/** Starts it: `{ launch, Page }`; `null` when it is not here or not wanted. */
export async function findChromium(folder) {
  if (process.env.BROWSERS === '0') return null
  // In the repository, where what the helpers import is found.
  const outdir = join(folder, 'browsers')
  await build({
    entryPoints: ['browsers', 'engines'].map((name) => join(root, 'test-support', `${name}.ts`)),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  })
  const load = (name) => import(pathToFileURL(join(outdir, `${name}.mjs`)).href)
  const { paths } = await load('engines')
  if (!existsSync(paths.chromium)) return null
  const { launch, Page } = await load('browsers')
  return { launch: () => launch('chromium'), Page }
}
