// Bundles a hub with its WebSocket transport from the sources, and imports it.
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

/** Resolves with `Hub` and `attach`, as the sources have them. */
export async function loadHub() {
  const folder = mkdtempSync(join(import.meta.dirname, '.hub-'))
  const outfile = join(folder, 'hub.mjs')
  const contents = `export { Hub } from '@chat/core'; export { attach } from '@chat/node-ws'`
  await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    format: 'esm',
    platform: 'node',
    conditions: ['@chat/source'],
    external: ['ws'],
    outfile,
    logLevel: 'error',
  })
  const loaded = await import(outfile)
  rmSync(folder, { recursive: true })
  return loaded
}
